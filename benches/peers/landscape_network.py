"""The network `landscape` of models/ in ONNX Runtime's Python package."""
import os

import cv2
import numpy as np
import onnxruntime

WIDTH, HEIGHT = 256, 144
MODEL = os.path.join(os.path.dirname(__file__), "../../models/files/selfie_landscape_256x144.onnx")


class Landscape:
    def __init__(self, threads):
        """threads = 0 leaves their number to ONNX Runtime."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Idle threads that spin would be counted as work.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])
        self.input = np.empty((1, 3, HEIGHT, WIDTH), np.float32)

    def mask(self, frame):
        """How much of each pixel is the person, 0 to 1, 256x144."""
        small = cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        np.multiply(rgb.transpose(2, 0, 1), np.float32(1 / 255), out=self.input[0])
        # The pixels of even and odd rows and columns are planes of their own.
        planes = self.session.run(None, {"input": self.input})[0]
        height, width = 2 * planes.shape[2], 2 * planes.shape[3]
        return planes.reshape(2, 2, height // 2, width // 2).transpose(2, 0, 3, 1).reshape(height, width)
