use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use pipewire::keys;
use pipewire::registry::GlobalObject;
use pipewire::spa::utils::dict::DictRef;
use pipewire::stream::{Stream, StreamState};
use pipewire::types::ObjectType;

use super::node::NAME;
use super::shared::Shared;

/// Who looks: by PipeWire's state whether, by its links how many.
pub(super) struct Audience {
    shared: Arc<Shared>,
    globals: RefCell<Globals>,
    /// Whether all that exists has been listed once.
    pub(super) listed: Cell<bool>,
    /// Whether the node is in the graph.
    pub(super) connected: Cell<bool>,
    /// Whether somebody looks.
    pub(super) streaming: Cell<bool>,
    node: Cell<u32>,
}

impl Audience {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            globals: RefCell::default(),
            listed: Cell::new(false),
            connected: Cell::new(false),
            streaming: Cell::new(false),
            node: Cell::new(0),
        }
    }

    pub(super) fn add(&self, global: &GlobalObject<&DictRef>) {
        self.globals.borrow_mut().add(global);
        self.count();
    }

    pub(super) fn remove(&self, id: u32) {
        self.globals.borrow_mut().remove(id);
        self.count();
    }

    /// Whether there is a node of our name: before ours exists, that of another program.
    pub(super) fn has_namesake(&self) -> bool {
        !self.globals.borrow().namesakes.is_empty()
    }

    fn count(&self) {
        if self.shared.is_gone() {
            return;
        }
        let viewers = if self.streaming.get() {
            self.globals.borrow().takers_of(self.node.get()).max(1)
        } else {
            0
        };
        self.shared.set_viewers(viewers);
    }

    pub(super) fn state(&self, stream: &Stream, state: &StreamState) {
        log::debug!("the PipeWire camera is {state:?}");
        match state {
            StreamState::Paused | StreamState::Streaming => self.connected.set(true),
            StreamState::Connecting => {}
            StreamState::Unconnected | StreamState::Error(_) => self.shared.leave(),
        }
        let streaming = matches!(state, StreamState::Streaming);
        self.node.set(stream.node_id());
        if self.streaming.replace(streaming) && !streaming {
            // Before the owner learns of it: what it writes then stays.
            self.shared.blacken();
        }
        if streaming {
            self.shared.repeat_after(Duration::ZERO);
        }
        self.count();
    }
}

/// What exists in PipeWire, as far as it matters here.
#[derive(Default)]
struct Globals {
    /// Nodes of our name.
    namesakes: BTreeSet<u32>,
    /// By link: the node that gives and the node that takes.
    links: BTreeMap<u32, (u32, u32)>,
}

impl Globals {
    fn add(&mut self, global: &GlobalObject<&DictRef>) {
        let Some(properties) = global.props else {
            return;
        };
        let number = |key: &str| properties.get(key).and_then(|text| text.parse().ok());
        match &global.type_ {
            ObjectType::Node if properties.get(*keys::NODE_NAME) == Some(NAME) => {
                self.namesakes.insert(global.id);
            }
            ObjectType::Link => {
                if let (Some(from), Some(to)) = (
                    number(*keys::LINK_OUTPUT_NODE),
                    number(*keys::LINK_INPUT_NODE),
                ) {
                    self.links.insert(global.id, (from, to));
                }
            }
            _ => {}
        }
    }

    fn remove(&mut self, id: u32) {
        self.namesakes.remove(&id);
        self.links.remove(&id);
    }

    fn takers_of(&self, node: u32) -> u32 {
        let takers: BTreeSet<u32> = self
            .links
            .values()
            .filter(|(from, _)| *from == node)
            .map(|(_, to)| *to)
            .collect();
        takers.len() as u32
    }
}
