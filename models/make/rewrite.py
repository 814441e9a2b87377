"""Rewrites that keep the function of the graph (up to rounding) and make it faster on CPU."""
import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference


def resize_input(model, height, width):
    """Sets another picture size. Every layer is convolutional or global, so the weights stay as they are."""
    for value in (model.graph.input[0], model.graph.output[0]):
        dims = value.type.tensor_type.shape.dim
        dims[2].dim_value, dims[3].dim_value = height, width


def convolve_before_upsampling(model):
    """Conv1x1(Resize(x)) = Resize(Conv1x1(x)), since bilinear weights sum to 1; the convolution sees fewer pixels."""
    graph = model.graph
    swapped = True
    while swapped:
        swapped = False
        readers = readers_of(graph)
        for resize in graph.node:
            if resize.op_type != "Resize" or len(readers[resize.output[0]]) != 1:
                continue
            convolution = readers[resize.output[0]][0]
            if convolution.op_type != "Conv" or list(attribute(convolution, "kernel_shape").ints) != [1, 1]:
                continue
            source, between, result = resize.input[0], resize.output[0], convolution.output[0]
            convolution.input[0], convolution.output[0] = source, between
            resize.input[0], resize.output[0] = between, result
            nodes = list(graph.node)
            first, second = nodes.index(resize), nodes.index(convolution)
            nodes[first], nodes[second] = convolution, resize
            replace_nodes(graph, nodes)
            swapped = True
            break


def split_pooled_sums(model):
    """GlobalAveragePool(a + b) = GlobalAveragePool(a) + GlobalAveragePool(b): drops an Add at full resolution."""
    graph = model.graph
    makers, readers = makers_of(graph), readers_of(graph)
    for pool in list(graph.node):
        if pool.op_type != "GlobalAveragePool":
            continue
        total = makers.get(pool.input[0])
        if total is None or total.op_type != "Add" or len(readers[total.output[0]]) != 1:
            continue
        out = pool.output[0]
        left = helper.make_node("GlobalAveragePool", [total.input[0]], [out + "_a"], name=out + "_ga")
        right = helper.make_node("GlobalAveragePool", [total.input[1]], [out + "_b"], name=out + "_gb")
        both = helper.make_node("Add", [out + "_a", out + "_b"], [out], name=out + "_gs")
        graph.node.remove(total)
        graph.node.remove(pool)
        graph.node.extend([left, right, both])
    replace_nodes(graph, list(graph.node))


def spread_channel_scales(model):
    """x * s[N,C,1,1] = x * nearest(s): a product of equal shapes stays in the NCHWc layout."""
    graph, shapes = model.graph, shapes_of(model)
    for position, product in enumerate(list(graph.node)):
        if product.op_type != "Mul":
            continue
        left, right = (shapes[name] for name in product.input)
        if left == right:
            continue
        scale = 1 if right[2:] == [1, 1] else 0
        height, width = (left if scale else right)[2:]
        factors = f"seup_scale_{position}"
        graph.initializer.append(numpy_helper.from_array(np.array([1, 1, height, width], np.float32), factors))
        spread = product.input[scale] + f"_up{position}"
        graph.node.append(helper.make_node("Resize", [product.input[scale], "", factors], [spread], name=spread,
                                           mode="nearest", nearest_mode="floor",
                                           coordinate_transformation_mode="asymmetric"))
        product.input[scale] = spread
    replace_nodes(graph, list(graph.node))


def attribute(node, name):
    return next(item for item in node.attribute if item.name == name)


def makers_of(graph):
    return {name: node for node in graph.node for name in node.output}


def readers_of(graph):
    readers = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    return readers


def shapes_of(model):
    graph = shape_inference.infer_shapes(model).graph
    values = list(graph.value_info) + list(graph.input) + list(graph.output)
    return {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in values}


def replace_nodes(graph, nodes):
    """Puts `nodes` into the graph in an order in which each reads only what is already there."""
    known = {""} | {value.name for value in graph.input} | {value.name for value in graph.initializer}
    waiting, ordered = list(nodes), []
    while waiting:
        node = next((node for node in waiting if all(name in known for name in node.input)), None)
        if node is None:
            raise ValueError("the graph has a cycle")
        waiting.remove(node)
        ordered.append(node)
        known.update(node.output)
    del graph.node[:]
    graph.node.extend(ordered)
