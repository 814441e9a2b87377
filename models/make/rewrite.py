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


def add_behind_convolutions(model):
    """Conv1x1(a + Resize(Conv1x1(b))) = Conv1x1(a) + Resize(Conv1x1(b)), the right one with both weights multiplied: the
    engine makes such a sum while it convolves. The mean over Resize(c), bilinear and doubled, is the mean over c."""
    graph = model.graph
    constants = constants_of(graph)
    for total in list(graph.node):
        makers, readers = makers_of(graph), readers_of(graph)
        if total.op_type != "Add" or len(readers[total.output[0]]) != 1:
            continue
        (convolution,) = readers[total.output[0]]
        resize = next((makers[name] for name in total.input if makers[name].op_type == "Resize"), None)
        if not is_pointwise(convolution) or resize is None or not is_pointwise(makers[resize.input[0]]):
            continue
        if attribute(resize, "coordinate_transformation_mode").s != b"half_pixel":
            raise ValueError(f"{resize.name}: its mean is not that of its input")
        first = makers[resize.input[0]]
        pools = [node for node in readers[resize.output[0]] if node is not total]
        if len(readers[first.output[0]]) != 1 or any(node.op_type != "GlobalAveragePool" for node in pools):
            raise ValueError(f"{first.name} is read by others, too")
        for pool in pools:
            mean = pool.output[0]
            pool.input[0], pool.output[0] = first.input[0], mean + "_before"
            graph.node.append(helper.make_node("Conv", [mean + "_before", *first.input[1:]], [mean], name=mean + "_conv",
                                               kernel_shape=[1, 1]))
        (outer, inner), (bias, inner_bias) = ([constants[node.input[i]] for node in (convolution, first)] for i in (1, 2))
        outer, inner = (weights[:, :, 0, 0].astype(np.float64) for weights in (outer, inner))
        out = convolution.output[0]
        both = {"_weights": (outer @ inner)[:, :, None, None], "_bias": outer @ inner_bias + bias}
        for suffix, array in both.items():
            graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), out + suffix))
        other = next(name for name in total.input if name != resize.output[0])
        resize.input[0], resize.output[0] = out + "_right", out + "_up"
        graph.node.extend([
            helper.make_node("Conv", [first.input[0], out + "_weights", out + "_bias"], [out + "_right"],
                             name=out + "_right", kernel_shape=[1, 1]),
            helper.make_node("Conv", [other, convolution.input[1]], [out + "_left"], name=out + "_left",
                             kernel_shape=[1, 1]),
            helper.make_node("Add", [out + "_left", out + "_up"], [out], name=out + "_sum"),
        ])
        for node in (total, convolution, first):
            graph.node.remove(node)
    replace_nodes(graph, list(graph.node))
    drop_unread(graph)


def end_in_planes(model):
    """Leaves out the DepthToSpace before the last Sigmoid: whoever reads the output puts its planes together for less. The
    engine would make a Sigmoid behind a convolution with it, on all channels that fill a block; between reshapes it has
    only those there are."""
    graph = model.graph
    makers = makers_of(graph)
    sigmoid = makers[graph.output[0].name]
    shuffle = makers[sigmoid.input[0]]
    if (sigmoid.op_type, shuffle.op_type) != ("Sigmoid", "DepthToSpace"):
        raise ValueError("the graph does not end in DepthToSpace and Sigmoid")
    source, output = shuffle.input[0], graph.output[0].name
    shape = shapes_of(model)[source]
    rows = np.array([shape[1] * shape[2], shape[3]], np.int64)
    graph.initializer.append(numpy_helper.from_array(rows, "rows"))
    graph.initializer.append(numpy_helper.from_array(np.array(shape, np.int64), "planes"))
    graph.node.remove(shuffle)
    graph.node.remove(sigmoid)
    graph.node.extend([
        helper.make_node("Reshape", [source, "rows"], ["logit_rows"], name="logit_rows"),
        helper.make_node("Sigmoid", ["logit_rows"], ["alpha_rows"], name="alpha_rows"),
        helper.make_node("Reshape", ["alpha_rows", "planes"], [output], name=output),
    ])
    for dim, side in zip(graph.output[0].type.tensor_type.shape.dim, shape):
        dim.dim_value = side


def fill_blocks(model, block=16):
    """Adds channels of zeros until each layer has whole blocks of the engine's NCHWc layout: with others it leaves the
    layout before every sum. Channels that a Pad adds are then there already, or a convolution adds them."""
    graph, shapes, readers = model.graph, shapes_of(model), readers_of(model.graph)
    constants = constants_of(graph)
    channels, same, nodes = {graph.input[0].name: shapes[graph.input[0].name][1]}, {}, []
    for node in graph.node:
        node.input[:] = [same.get(name, name) for name in node.input]
        source, out = node.input[0], node.output[0]
        if node.op_type == "Conv":
            weights, bias = (constants[name] for name in node.input[1:])
            is_end = any(reader.op_type == "Transpose" for reader in readers[out])
            channels[out] = len(bias) if is_end else whole_blocks(len(bias), block)
            inputs, group = channels[source], attribute(node, "group")
            if group.i > 1:
                group.i, inputs = channels[source], 1
            wider = np.zeros((channels[out], inputs) + weights.shape[2:], np.float32)
            wider[:weights.shape[0], :weights.shape[1]] = weights
            constants[node.input[1]] = wider
            constants[node.input[2]] = np.pad(bias, (0, channels[out] - len(bias)))
        elif node.op_type in ("Relu", "MaxPool", "Add"):
            if len({channels[name] for name in node.input}) != 1:
                raise ValueError(f"{node.name}: sums of different channels")
            channels[out] = channels[source]
        elif node.op_type == "Pad":
            channels[out] = whole_blocks(shapes[out][1], block)
            if channels[out] == channels[source]:
                same[out] = source
                continue
            constants[out + "_weights"] = np.eye(channels[out], channels[source], dtype=np.float32)[:, :, None, None]
            node = helper.make_node("Conv", [source, out + "_weights"], [out], name=out, kernel_shape=[1, 1])
        nodes.append(node)
    del graph.initializer[:]
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
    replace_nodes(graph, nodes)
    drop_unread(graph)


def whole_blocks(channels, block):
    return -(-channels // block) * block


def is_pointwise(node):
    return node.op_type == "Conv" and list(attribute(node, "kernel_shape").ints) == [1, 1]


def constants_of(graph):
    return {constant.name: numpy_helper.to_array(constant) for constant in graph.initializer}


def drop_unread(graph):
    read = {name for node in graph.node for name in node.input}
    constants = [constant for constant in graph.initializer if constant.name in read]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    del graph.value_info[:]


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
