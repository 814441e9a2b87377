"""TFLite to ONNX for the two selfie models and the face model: fp16 constants become fp32, NHWC becomes NCHW.

Only the operators these files hold are known; any other one is an error. No transpose is left between convolutions,
because ONNX Runtime's fast CPU path (NCHWc) loses its layout at each one. The face model's heads end in one each,
where a picture's cells become the rows of a list.
"""
import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
OPERATORS = {number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}
NUMPY_TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}


def convert(path):
    """The ONNX model of the TFLite file `path`, before any rewrite."""
    with open(path, "rb") as file:
        return Converter(tflite.Model.GetRootAsModel(file.read(), 0)).run()


class Converter:
    def __init__(self, model):
        self.model, self.graph = model, model.Subgraphs(0)
        self.nodes, self.initializers = [], {}
        self.constants = {}  # TFLite tensor index -> array
        self.names = {}  # TFLite tensor index -> name of the NCHW tensor, or of the list if it is not four-dimensional
        self.count = 0
        for index in range(self.graph.TensorsLength()):
            tensor = self.graph.Tensors(index)
            data = model.Buffers(tensor.Buffer()).DataAsNumpy()
            if not isinstance(data, int) and len(data):
                array = np.frombuffer(data.tobytes(), NUMPY_TYPES[tensor.Type()])
                self.constants[index] = array.reshape(self.shape(index))

    def shape(self, index):
        shape = self.graph.Tensors(index).ShapeAsNumpy()
        return [] if isinstance(shape, int) else shape.tolist()

    def constant(self, index):
        array = self.constants[index]
        return array.astype(np.float32) if array.dtype == np.float16 else array

    def unique(self, prefix):
        self.count += 1
        return f"{prefix}_{self.count}"

    def initializer(self, array, prefix="c"):
        name = self.unique(prefix)
        self.initializers[name] = np.ascontiguousarray(array)
        return name

    def emit(self, operator, inputs, **attributes):
        output = self.unique(operator.lower())
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=name, **attributes))
        return output

    def input(self, index):
        """Name of tensor `index` as NCHW; a constant becomes an initializer."""
        if index not in self.constants:
            return self.names[index]
        array = self.constant(index)
        if array.ndim == 4:
            array = array.transpose(0, 3, 1, 2)
        elif array.ndim == 1:
            array = array.reshape(1, -1, 1, 1)
        return self.initializer(array)

    def activated(self, name, activation):
        if activation == tflite.ActivationFunctionType.NONE:
            return name
        if activation == tflite.ActivationFunctionType.RELU:
            return self.emit("Relu", [name])
        raise ValueError(f"activation {activation} is not known")

    def run(self):
        (graph_input,) = self.graph.InputsAsNumpy()
        self.names[graph_input] = "input"
        for position in range(self.graph.OperatorsLength()):
            self.operator(self.graph.Operators(position))
        return self.finish(int(graph_input), [int(index) for index in self.graph.OutputsAsNumpy()])

    def operator(self, operator):
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        name = OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        if name == "CUSTOM":
            name = code.CustomCode().decode()
        inputs = [int(index) for index in operator.InputsAsNumpy()]
        output = int(operator.OutputsAsNumpy()[0])
        if name == "DEQUANTIZE":
            self.constants[output] = self.constant(inputs[0])
            return
        translate = {
            "CONV_2D": self.convolution,
            "DEPTHWISE_CONV_2D": self.depthwise,
            "Convolution2DTransposeBias": self.transposed_convolution,
            "AVERAGE_POOL_2D": self.average_pool,
            "MEAN": self.mean,
            "MAX_POOL_2D": self.max_pool,
            "PAD": self.pad,
            "RESHAPE": self.reshape,
            "CONCATENATION": self.concatenate,
            "RELU": self.unary("Relu"),
            "LOGISTIC": self.unary("Sigmoid"),
            "HARD_SWISH": self.unary("HardSwish"),
            "ADD": self.binary("Add", tflite.AddOptions),
            "MUL": self.binary("Mul", tflite.MulOptions),
            "RESIZE_BILINEAR": self.resize,
        }.get(name)
        if translate is None:
            raise ValueError(f"operator {name} is not known")
        self.names[output] = translate(operator, inputs, output)

    def convolution(self, operator, inputs, _output):
        options = options_of(operator, tflite.Conv2DOptions)
        weights = self.constant(inputs[1]).transpose(0, 3, 1, 2)
        return self.convolve(inputs, options, weights, group=1)

    def depthwise(self, operator, inputs, _output):
        options = options_of(operator, tflite.DepthwiseConv2DOptions)
        weights = self.constant(inputs[1]).transpose(3, 0, 1, 2)
        return self.convolve(inputs, options, weights, group=self.shape(inputs[0])[3])

    def convolve(self, inputs, options, weights, group):
        kernel = weights.shape[2:]
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        same = options.Padding() == tflite.Padding.SAME
        pads = same_padding(self.shape(inputs[0])[1:3], kernel, strides, dilations) if same else [0, 0, 0, 0]
        operands = [self.input(inputs[0]), self.initializer(weights, "w")]
        if len(inputs) > 2 and inputs[2] >= 0:
            operands.append(self.initializer(self.constant(inputs[2]), "b"))
        result = self.emit("Conv", operands, kernel_shape=list(kernel), strides=strides, dilations=dilations,
                           pads=pads, group=group)
        return self.activated(result, options.FusedActivationFunction())

    def transposed_convolution(self, operator, inputs, _output):
        """Kernel = stride, no overlap: the same as a 1x1 convolution to kh*kw channels and DepthToSpace."""
        _padding, stride_w, stride_h = np.frombuffer(operator.CustomOptionsAsNumpy().tobytes(), np.int32)[:3]
        weights, bias = self.constant(inputs[1]), self.constant(inputs[2])
        outputs, kernel_h, kernel_w, channels = weights.shape
        if (kernel_h, kernel_w) != (stride_h, stride_w) or kernel_h != kernel_w:
            raise ValueError(f"transposed convolution of {kernel_h}x{kernel_w} with stride {stride_h}x{stride_w}")
        # DepthToSpace in CRD order reads channel c*kh*kw + i*kw + j.
        flat = weights.reshape(outputs * kernel_h * kernel_w, channels, 1, 1)
        operands = [self.input(inputs[0]), self.initializer(flat, "w"),
                    self.initializer(np.repeat(bias, kernel_h * kernel_w), "b")]
        planes = self.emit("Conv", operands, kernel_shape=[1, 1])
        return self.emit("DepthToSpace", [planes], blocksize=kernel_h, mode="CRD")

    def average_pool(self, operator, inputs, _output):
        options = options_of(operator, tflite.Pool2DOptions)
        window, picture = [options.FilterHeight(), options.FilterWidth()], self.shape(inputs[0])[1:3]
        if window != picture:
            raise ValueError(f"average pool of {window} over {picture} is not global")
        return self.emit("GlobalAveragePool", [self.input(inputs[0])])

    def mean(self, _operator, inputs, _output):
        axes = sorted(self.constant(inputs[1]).tolist())
        if axes != [1, 2]:
            raise ValueError(f"mean over axes {axes}, expected height and width")
        return self.emit("GlobalAveragePool", [self.input(inputs[0])])

    def max_pool(self, operator, inputs, _output):
        options = options_of(operator, tflite.Pool2DOptions)
        window, strides = [options.FilterHeight(), options.FilterWidth()], [options.StrideH(), options.StrideW()]
        same = options.Padding() == tflite.Padding.SAME
        pads = same_padding(self.shape(inputs[0])[1:3], window, strides, [1, 1]) if same else [0, 0, 0, 0]
        result = self.emit("MaxPool", [self.input(inputs[0])], kernel_shape=window, strides=strides, pads=pads)
        return self.activated(result, options.FusedActivationFunction())

    def pad(self, _operator, inputs, _output):
        amounts = self.constant(inputs[1]).reshape(-1, 2)[[0, 3, 1, 2]]
        amounts = np.concatenate([amounts[:, 0], amounts[:, 1]]).astype(np.int64)
        return self.emit("Pad", [self.input(inputs[0]), self.initializer(amounts)])

    def reshape(self, _operator, inputs, output):
        """Values keep TFLite's order, so a picture is turned back to it first."""
        source, target = self.shape(inputs[0]), self.shape(output)
        if len(source) != 4 or len(target) == 4:
            raise ValueError(f"reshape of {source} to {target}, expected a picture to a list")
        rows = self.emit("Transpose", [self.input(inputs[0])], perm=[0, 2, 3, 1])
        return self.emit("Reshape", [rows, self.initializer(np.array(target, np.int64))])

    def concatenate(self, operator, inputs, output):
        axis = options_of(operator, tflite.ConcatenationOptions).Axis() % len(self.shape(output))
        if len(self.shape(output)) == 4:
            raise ValueError("only lists are concatenated")
        return self.emit("Concat", [self.input(index) for index in inputs], axis=axis)

    def unary(self, onnx_operator):
        return lambda _operator, inputs, _output: self.emit(onnx_operator, [self.input(inputs[0])])

    def binary(self, onnx_operator, options_class):
        def translate(operator, inputs, _output):
            activation = options_of(operator, options_class).FusedActivationFunction()
            return self.activated(self.emit(onnx_operator, [self.input(index) for index in inputs]), activation)
        return translate

    def resize(self, operator, inputs, _output):
        options = options_of(operator, tflite.ResizeBilinearOptions)
        if options.AlignCorners():
            coordinates = "align_corners"
        else:
            coordinates = "half_pixel" if options.HalfPixelCenters() else "asymmetric"
        (height, width), (out_height, out_width) = self.shape(inputs[0])[1:3], self.constant(inputs[1]).tolist()
        scales = np.array([1, 1, out_height / height, out_width / width], np.float32)
        return self.emit("Resize", [self.input(inputs[0]), "", self.initializer(scales)], mode="linear",
                         coordinate_transformation_mode=coordinates)

    def finish(self, graph_input, graph_outputs):
        if len(graph_outputs) == 1:
            last = self.names[graph_outputs[0]]
            for node in self.nodes:
                node.output[:] = ["output" if name == last else name for name in node.output]
            outputs = [("output", graph_outputs[0])]
        else:
            outputs = [(self.graph.Tensors(index).Name().decode(), index) for index in graph_outputs]
            self.nodes += [helper.make_node("Identity", [self.names[index]], [name]) for name, index in outputs]
        values = [self.value(name, index) for name, index in [("input", graph_input)] + outputs]
        initializers = [numpy_helper.from_array(array, name) for name, array in self.initializers.items()]
        graph = helper.make_graph(self.nodes, "g", values[:1], values[1:], initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8,
                                 producer_name="tfl2onnx")

    def value(self, name, index):
        shape = self.shape(index)
        if len(shape) == 4:
            shape = [shape[0], shape[3], shape[1], shape[2]]
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def options_of(operator, options_class):
    table, options = operator.BuiltinOptions(), options_class()
    options.Init(table.Bytes, table.Pos)
    return options


def same_padding(picture, kernel, strides, dilations):
    """TFLite's SAME: the odd pixel goes to the end. In ONNX order: top, left, bottom, right."""
    begin, end = [], []
    for size, taps, stride, dilation in zip(picture, kernel, strides, dilations):
        reach = (taps - 1) * dilation + 1
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        begin.append(total // 2)
        end.append(total - total // 2)
    return begin + end
