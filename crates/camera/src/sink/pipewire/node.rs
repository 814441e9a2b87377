use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use pipewire::context::ContextRc;
use pipewire::core::{CoreRc, Listener as CoreListener, PW_ID_CORE};
use pipewire::keys;
use pipewire::loop_::Timeout;
use pipewire::main_loop::MainLoopRc;
use pipewire::properties::{PropertiesBox, properties};
use pipewire::registry::{Listener as RegistryListener, RegistryRc};
use pipewire::spa::param::ParamType;
use pipewire::spa::pod::Pod;
use pipewire::spa::support::system::IoFlags;
use pipewire::spa::utils::Direction;
use pipewire::stream::{Stream, StreamFlags, StreamListener, StreamRc};

use super::ANSWER_LIMIT;
use super::audience::Audience;
use super::buffer::{Header, OutBuffer};
use super::params::Form;
use super::shared::Shared;
use crate::error::{CameraError, CameraErrorKind};

/// What programs show to people.
pub(super) const DESCRIPTION: &str = "Frosted Camera";

/// What programs and settings of PipeWire know the camera by.
pub(super) const NAME: &str = "frosted-camera";

/// The loop wakes for what happens; this is for what nobody says.
const TURN: Duration = Duration::from_secs(1);

/// After so long without a new picture, viewers get the last one again: the first one is lost
/// on a viewer who is not ready yet.
const REPEAT: Duration = Duration::from_millis(200);

/// While the node is made; an owner who gives up is seen after that.
const SHORT_TURN: Duration = Duration::from_millis(50);

/// The thread of a sink: from the way to PipeWire to the end of either.
pub(super) fn run(shared: &Arc<Shared>, form: Form, ready: &SyncSender<Result<(), CameraError>>) {
    let _farewell = Farewell(shared);
    if let Err(error) = serve(shared, form, ready) {
        // The owner may have given up waiting.
        let _ = ready.send(Err(error));
    }
}

/// Tells the owner of the thread's end, whatever ended it.
struct Farewell<'a>(&'a Shared);

impl Drop for Farewell<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

pub(super) fn no_answer() -> CameraError {
    CameraError::new(
        CameraErrorKind::TimedOut,
        format!(
            "PipeWire does not answer: restart it with {RESTART}, or choose --output /dev/videoN"
        ),
    )
}

const RESTART: &str = "systemctl --user restart pipewire wireplumber";

fn not_running() -> CameraError {
    CameraError::new(
        CameraErrorKind::NotFound,
        "PipeWire does not run in this session: start it with systemctl --user start pipewire wireplumber, or choose --output /dev/videoN",
    )
}

fn refused(what: &str, error: &pipewire::Error) -> CameraError {
    CameraError::new(
        CameraErrorKind::System,
        format!("PipeWire {what}: {error}; restart it with {RESTART}"),
    )
}

/// Locals are dropped from the last to the first: listeners before what they listen to.
fn serve(
    shared: &Arc<Shared>,
    form: Form,
    ready: &SyncSender<Result<(), CameraError>>,
) -> Result<(), CameraError> {
    let main = MainLoopRc::new(None).map_err(|error| refused("gives no loop", &error))?;
    let context =
        ContextRc::new(&main, None).map_err(|error| refused("gives no context", &error))?;
    // Without PipeWire's socket this fails at once.
    let core = context.connect_rc(None).map_err(|_| not_running())?;
    let audience = Rc::new(Audience::new(shared));
    let turns = Turns {
        main: &main,
        shared,
        deadline: Instant::now() + ANSWER_LIMIT,
    };

    let _core_listener = listen_to_core(&core, shared, &audience);
    let registry = core
        .get_registry_rc()
        .map_err(|error| refused("gives no list of its objects", &error))?;
    let _registry_listener = listen_to_registry(&registry, &audience);
    core.sync(0)
        .map_err(|error| refused("does not answer", &error))?;
    turns.until(|| audience.listed.get())?;
    refuse_second(&audience)?;

    let stream = StreamRc::new(core.clone(), DESCRIPTION, node_properties())
        .map_err(|error| refused("gives no stream", &error))?;
    let _stream_listener = listen_to_stream(&stream, form, shared, &audience)?;
    let format = form.format()?;
    stream
        .connect(
            Direction::Output,
            None,
            StreamFlags::DRIVER | StreamFlags::MAP_BUFFERS,
            &mut [pod(&format)?],
        )
        .map_err(|error| refused("takes no camera", &error))?;
    turns.until(|| audience.connected.get())?;
    // The owner may have given up waiting; then the loop ends at once.
    let _ = ready.send(Ok(()));
    let _wake = main
        .loop_()
        .add_io(shared.wake_fd().as_raw_fd(), IoFlags::IN, {
            let (shared, audience) = (Arc::clone(shared), Rc::clone(&audience));
            let stream = stream.clone();
            move |_| {
                shared.take_wake();
                if audience.streaming.get() && shared.picture().fresh {
                    // Fails only where the graph is being changed; the next picture tries again.
                    let _ = stream.trigger_process();
                }
            }
        });
    while !shared.is_stopped() && !shared.is_gone() {
        if audience.streaming.get() {
            main.loop_().iterate(Timeout::Finite(REPEAT));
            shared.repeat_after(REPEAT);
        } else {
            main.loop_().iterate(Timeout::Finite(TURN));
        }
    }
    Ok(())
}

/// The loop's turns until the node is there.
struct Turns<'a> {
    main: &'a MainLoopRc,
    shared: &'a Shared,
    deadline: Instant,
}

impl Turns<'_> {
    /// Lets PipeWire work until `done`.
    fn until(&self, done: impl Fn() -> bool) -> Result<(), CameraError> {
        while !done() {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.shared.is_stopped() {
                return Err(no_answer());
            }
            if self.shared.is_gone() {
                return Err(not_running());
            }
            self.main
                .loop_()
                .iterate(Timeout::Finite(left.min(SHORT_TURN)));
        }
        Ok(())
    }
}

/// Two cameras of one name cannot be told apart.
fn refuse_second(audience: &Audience) -> Result<(), CameraError> {
    if !audience.has_namesake() {
        return Ok(());
    }
    Err(CameraError::new(
        CameraErrorKind::Busy,
        format!(
            "PipeWire has a camera named {NAME} already: another frosted feeds it; end that one first"
        ),
    ))
}

fn node_properties() -> PropertiesBox {
    properties! {
        *keys::MEDIA_CLASS => "Video/Source",
        *keys::MEDIA_TYPE => "Video",
        *keys::MEDIA_ROLE => "Camera",
        *keys::NODE_NAME => NAME,
        *keys::NODE_NICK => DESCRIPTION,
        *keys::NODE_DESCRIPTION => DESCRIPTION,
    }
}

fn listen_to_core(core: &CoreRc, shared: &Arc<Shared>, audience: &Rc<Audience>) -> CoreListener {
    let (shared, audience) = (Arc::clone(shared), Rc::clone(audience));
    core.add_listener_local()
        .error(move |id, _, result, message| {
            log::debug!("PipeWire reports {result} of object {id}: {message}");
            if id == PW_ID_CORE {
                shared.leave();
            }
        })
        .done(move |_, _| audience.listed.set(true))
        .register()
}

fn listen_to_registry(registry: &RegistryRc, audience: &Rc<Audience>) -> RegistryListener {
    let (added, removed) = (Rc::clone(audience), Rc::clone(audience));
    registry
        .add_listener_local()
        .global(move |global| added.add(global))
        .global_remove(move |id| removed.remove(id))
        .register()
}

fn listen_to_stream(
    stream: &StreamRc,
    form: Form,
    shared: &Arc<Shared>,
    audience: &Rc<Audience>,
) -> Result<StreamListener<Show>, CameraError> {
    let (buffers, header) = (form.buffers()?, form.header()?);
    let audience = Rc::clone(audience);
    stream
        .add_local_listener_with_user_data(Show {
            shared: Arc::clone(shared),
            form,
            sequence: 0,
        })
        .state_changed(move |stream, _, _, state| audience.state(stream, &state))
        .param_changed(move |stream, _, id, param| {
            if id != ParamType::Format.as_raw() || param.is_none() {
                return;
            }
            if let (Ok(buffers), Ok(header)) = (pod(&buffers), pod(&header))
                && let Err(error) = stream.update_params(&mut [buffers, header])
            {
                log::warn!("PipeWire takes no buffers: {error}");
            }
        })
        .process(|stream, show| show.newest(stream))
        .register()
        .map_err(|error| refused("takes no listener", &error))
}

fn pod(bytes: &[u8]) -> Result<&Pod, CameraError> {
    Pod::from_bytes(bytes).ok_or_else(|| {
        CameraError::new(
            CameraErrorKind::System,
            "the camera's format cannot be read by PipeWire",
        )
    })
}

/// What viewers get.
struct Show {
    shared: Arc<Shared>,
    form: Form,
    sequence: u64,
}

impl Show {
    /// Gives viewers the newest picture if they do not have it. If they hold all buffers, it
    /// waits for the next turn or is replaced by a newer one.
    fn newest(&mut self, stream: &Stream) {
        let mut picture = self.shared.picture();
        if !picture.fresh {
            return;
        }
        let Some(mut buffer) = OutBuffer::dequeue(stream) else {
            return;
        };
        picture.fresh = false;
        let header = Header {
            captured_at: picture.captured_at,
            sequence: self.sequence,
        };
        buffer.fill(&self.form, &picture.bytes, &header);
        self.sequence += 1;
    }
}
