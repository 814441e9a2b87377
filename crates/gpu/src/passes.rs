use std::collections::HashMap;

use crate::shaders;

/// The shapes of the two passes, and every pipeline made so far.
pub(crate) struct Passes {
    reduce: Shape,
    paint: Shape,
    /// By their shaders' text: formats share planes, and sessions share formats.
    made: HashMap<String, wgpu::ComputePipeline>,
}

/// What a pass is bound to.
struct Shape {
    bindings: wgpu::BindGroupLayout,
    pipelines: wgpu::PipelineLayout,
}

impl Passes {
    pub(crate) fn new(device: &wgpu::Device) -> Self {
        let uniform = wgpu::BufferBindingType::Uniform;
        let storage = |read_only| wgpu::BufferBindingType::Storage { read_only };
        Self {
            // Params, frame, reduced picture.
            reduce: Shape::new(device, "reduce", &[uniform, storage(true), storage(false)]),
            // Params, frame, tables with the matte, backdrop, painted frame.
            paint: Shape::new(
                device,
                "paint",
                &[
                    uniform,
                    storage(true),
                    storage(true),
                    storage(true),
                    storage(false),
                ],
            ),
            made: HashMap::new(),
        }
    }

    /// The pipeline that reduces frames.
    pub(crate) fn reduce(&mut self, device: &wgpu::Device) -> wgpu::ComputePipeline {
        pipeline(&mut self.made, device, &self.reduce, shaders::reduce())
    }

    /// The pipeline that sums up the matte, bound as those that paint.
    pub(crate) fn check(&mut self, device: &wgpu::Device) -> wgpu::ComputePipeline {
        pipeline(&mut self.made, device, &self.paint, shaders::check())
    }

    /// The pipeline that paints by `shader`.
    pub(crate) fn paint(&mut self, device: &wgpu::Device, shader: String) -> wgpu::ComputePipeline {
        pipeline(&mut self.made, device, &self.paint, shader)
    }

    /// Makes a pipeline of `wrong` wherever one of `right` is wanted.
    #[cfg(test)]
    pub(crate) fn plant(&mut self, device: &wgpu::Device, right: String, wrong: String) {
        let planted = pipeline(&mut self.made, device, &self.paint, wrong);
        self.made.insert(right, planted);
    }

    /// Forgets all pipelines, after one could not be made.
    pub(crate) fn forget(&mut self) {
        self.made.clear();
    }

    pub(crate) fn bind_reduce(
        &self,
        device: &wgpu::Device,
        buffers: [&wgpu::Buffer; 3],
    ) -> wgpu::BindGroup {
        self.reduce.bind(device, &buffers)
    }

    pub(crate) fn bind_paint(
        &self,
        device: &wgpu::Device,
        buffers: [&wgpu::Buffer; 5],
    ) -> wgpu::BindGroup {
        self.paint.bind(device, &buffers)
    }
}

impl Shape {
    fn new(device: &wgpu::Device, label: &str, types: &[wgpu::BufferBindingType]) -> Self {
        let entries: Vec<_> = (0u32..)
            .zip(types)
            .map(|(binding, &ty)| wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let bindings = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(label),
            entries: &entries,
        });
        let pipelines = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(&bindings)],
            immediate_size: 0,
        });
        Self {
            bindings,
            pipelines,
        }
    }

    fn bind(&self, device: &wgpu::Device, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let entries: Vec<_> = (0u32..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &self.bindings,
            entries: &entries,
        })
    }
}

fn pipeline(
    made: &mut HashMap<String, wgpu::ComputePipeline>,
    device: &wgpu::Device,
    shape: &Shape,
    shader: String,
) -> wgpu::ComputePipeline {
    let make = |shader: &String| {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(shader.into()),
        });
        device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: Some(&shape.pipelines),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                // All of a workgroup's memory is written before it is read.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        })
    };
    if let Some(pipeline) = made.get(&shader) {
        return pipeline.clone();
    }
    let pipeline = make(&shader);
    made.insert(shader, pipeline.clone());
    pipeline
}
