package api

// The operations. The order is that of help and of the API pages.
var (
	Create = Op[CreateRequest, Session]{
		Name: "create", Method: "POST", Path: "/v1/sessions", Verb: "create",
		Capability: "create", Audit: "create",
		Doc:     "Create a session: a terminal that outlives its clients, with a shell or a program in it.",
		Example: "ai-session create dev",
	}
	List = Op[ListRequest, SessionList]{
		Name: "list", Method: "GET", Path: "/v1/sessions", Verb: "list",
		Capability: "read",
		Doc:        "List the sessions with what each is doing.",
		Example:    "ai-session list --status needs_input",
	}
	Inspect = Op[SessionRequest, Session]{
		Name: "inspect", Method: "GET", Path: "/v1/sessions/{session}", Verb: "inspect",
		Capability: "read",
		Doc:        "Show one session: state with its evidence, cwd, size, processes.",
		Example:    "ai-session inspect dev",
	}
	Exec = Op[ExecRequest, Report]{
		Name: "exec", Method: "POST", Path: "/v1/sessions/{session}/exec", Verb: "exec",
		Capability: "exec", Audit: "exec",
		Doc:     "Run a command in the session's living shell and answer with its true exit status, cwd and output.",
		Example: "ai-session exec dev 'go test ./...'",
	}
	Wait = Op[WaitRequest, WaitResult]{
		Name: "wait", Method: "POST", Path: "/v1/sessions/{session}/wait", Verb: "wait",
		Capability: "read",
		Doc:        "Wait until the open command ends, a prompt shows, input is needed, output is quiet or a text appears.",
		Example:    "ai-session wait dev --match 'listening on'",
	}
	Send = Op[SendRequest, SendResult]{
		Name: "send", Method: "POST", Path: "/v1/sessions/{session}/send", Verb: "send",
		Capability: "input", Audit: "input",
		Doc:     "Type text and keys into a session.",
		Example: "ai-session send dev yes --key Enter",
	}
	ScreenOf = Op[ScreenRequest, Screen]{
		Name: "screen", Method: "GET", Path: "/v1/sessions/{session}/screen", Verb: "screen",
		Capability: "read",
		Doc:        "Show what a person would see, cursor and all.",
		Example:    "ai-session screen dev --format ansi",
	}
	ReadOutput = Op[OutputRequest, Output]{
		Name: "output", Method: "GET", Path: "/v1/output", Verb: "output",
		Capability: "read",
		Doc:        "Read any output ever written, by reference, as lines of text.",
		Example:    "ai-session output @e42 --grep FAIL",
	}
	ReadRaw = Op[RawRequest, Chunk]{
		Name: "raw", Kind: Stream, Method: "GET", Path: "/v1/output/raw", Verb: "output --raw",
		Capability: "read-raw",
		Doc:        "Read any output ever written, by reference, byte for byte.",
		Example:    "ai-session output @e42 --raw",
	}
	Blocks = Op[HistoryRequest, History]{
		Name: "history", Method: "GET", Path: "/v1/sessions/{session}/blocks", Verb: "history",
		Capability: "read",
		Doc:        "List the commands that were run in a session.",
		Example:    "ai-session history dev",
	}
	Events = Op[EventsRequest, Event]{
		Name: "events", Kind: Stream, Method: "GET", Path: "/v1/events", Verb: "events",
		Capability: "read",
		Doc:        "Watch what happens in one session or all: states, commands started and ended.",
		Example:    "ai-session events dev --follow",
	}
	Attach = Op[AttachRequest, Frame]{
		Name: "attach", Kind: Duplex, Method: "GET", Path: "/v1/sessions/{session}/attach", Verb: "attach",
		Capability: "input", Audit: "attach",
		Doc:     "Attach this terminal to a session; C-b d detaches.",
		Example: "ai-session attach dev",
	}
	Detach = Op[DetachRequest, DetachResult]{
		Name: "detach", Method: "POST", Path: "/v1/sessions/{session}/detach", Verb: "detach",
		Capability: "input", Audit: "detach",
		Doc:     "Send a session's attached clients away.",
		Example: "ai-session detach dev --all",
	}
	Kill = Op[KillRequest, KillResult]{
		Name: "kill", Method: "DELETE", Path: "/v1/sessions/{session}", Verb: "kill",
		Capability: "kill", Audit: "kill",
		Doc:     "End a session and its whole process tree; what it wrote stays readable.",
		Example: "ai-session kill dev",
	}
	Resize = Op[ResizeRequest, Session]{
		Name: "resize", Method: "POST", Path: "/v1/sessions/{session}/resize", Verb: "resize",
		Capability: "resize", Audit: "resize",
		Doc:     "Set a session's size.",
		Example: "ai-session resize dev 200x50",
	}
	Rename = Op[RenameRequest, Session]{
		Name: "rename", Method: "POST", Path: "/v1/sessions/{session}/rename", Verb: "rename",
		Capability: "create", Audit: "rename",
		Doc:     "Give a session another name; its id stays.",
		Example: "ai-session rename dev build",
	}
	Signal = Op[SignalRequest, Session]{
		Name: "signal", Method: "POST", Path: "/v1/sessions/{session}/signal", Verb: "signal",
		Capability: "input", Audit: "signal",
		Doc:     "Signal the foreground processes of a session.",
		Example: "ai-session signal dev INT",
	}
	Context = Op[ContextRequest, ContextView]{
		Name: "context", Method: "GET", Path: "/v1/sessions/{session}/context", Verb: "context",
		Capability: "read",
		Doc:        "Read what matters next: what happened, what is open, state, folder and changed files, within a budget.",
		Example:    "ai-session context dev --tokens 2000",
	}
	ContextAdd = Op[MessageRequest, MessageResult]{
		Name: "context_add", Method: "POST", Path: "/v1/sessions/{session}/context/messages", Verb: "context add",
		Capability: "exec", Audit: "context",
		Doc:     "Add a message to a session's conversation; the oldest are summarised at its limit.",
		Example: "ai-session context add dev 'Run the test suite' --role user",
	}
	ContextMessages = Op[MessagesRequest, MessageList]{
		Name: "context_messages", Method: "GET", Path: "/v1/sessions/{session}/context/messages", Verb: "context messages",
		Capability: "read",
		Doc:        "Read a session's conversation, summarised messages too, or search it.",
		Example:    "ai-session context messages dev 'test suite'",
	}
	ContextSummarize = Op[SummarizeRequest, SummarizeResult]{
		Name: "context_summarize", Method: "POST", Path: "/v1/sessions/{session}/context/summarize", Verb: "context summarize",
		Capability: "exec", Audit: "context",
		Doc:     "Fold the oldest messages of a conversation into its summary: decisions, files, open problems, results.",
		Example: "ai-session context summarize dev",
	}
	Analyze = Op[AnalyzeRequest, Analysis]{
		Name: "analyze", Method: "GET", Path: "/v1/analysis", Verb: "analyze",
		Capability: "read",
		Doc:        "Tell what a command's output says, or a session's newest ones: findings, what they name, what fits next.",
		Example:    "ai-session analyze @last",
	}
	Ledger = Op[LedgerRequest, LedgerResult]{
		Name: "ledger", Method: "GET", Path: "/v1/ledger", Verb: "ledger",
		Capability: "read",
		Doc:        "Show what answers took against what the terminal showed, in tokens, expansions and losses too.",
		Example:    "ai-session ledger dev",
	}
	Search = Op[SearchRequest, SearchResult]{
		Name: "search", Method: "GET", Path: "/v1/search", Verb: "search",
		Capability: "read",
		Doc:        "Search the output and the commands of every session, living and ended.",
		Example:    "ai-session search 'connection refused' --since 24h",
	}
	Export = Op[ExportRequest, Chunk]{
		Name: "export", Kind: Stream, Method: "GET", Path: "/v1/export", Verb: "export",
		Capability: "read-raw", Audit: "export",
		Doc:     "Write all that is kept of a session as one file, or a recording of it.",
		Example: "ai-session export dev --output dev.aisession",
	}
	Import = Op[ImportRequest, Imported]{
		Name: "import", Method: "POST", Path: "/v1/import", Verb: "import",
		Capability: "create", Audit: "import",
		Doc:     "Take an exported session into the store, to be read like any ended one.",
		Example: "ai-session import dev.aisession",
	}
	SnapshotSave = Op[SnapshotSaveRequest, Snapshot]{
		Name: "snapshot_save", Method: "POST", Path: "/v1/sessions/{session}/snapshots", Verb: "snapshot save",
		Capability: "snapshot", Audit: "snapshot",
		Doc:     "Keep a session's folder, environment, shell state, screen and running programs.",
		Example: "ai-session snapshot save dev before-upgrade",
	}
	SnapshotsOf = Op[SnapshotListRequest, SnapshotList]{
		Name: "snapshots", Method: "GET", Path: "/v1/snapshots", Verb: "snapshot list",
		Capability: "read",
		Doc:        "List the snapshots.",
		Example:    "ai-session snapshot list dev",
	}
	SnapshotShow = Op[SnapshotRequest, SnapshotDetail]{
		Name: "snapshot", Method: "GET", Path: "/v1/snapshots/{name}", Verb: "snapshot show",
		Capability: "read",
		Doc:        "Show what a snapshot holds.",
		Example:    "ai-session snapshot show before-upgrade",
	}
	SnapshotCompare = Op[SnapshotDiffRequest, SnapshotDiff]{
		Name: "snapshot_diff", Method: "GET", Path: "/v1/snapshots/{name}/diff", Verb: "snapshot diff",
		Capability: "read",
		Doc:        "Tell what changed from one snapshot to another.",
		Example:    "ai-session snapshot diff before-upgrade after-upgrade",
	}
	SnapshotRestore = Op[SnapshotRestoreRequest, Session]{
		Name: "snapshot_restore", Method: "POST", Path: "/v1/snapshots/{name}/restore", Verb: "snapshot restore",
		Capability: "create", Audit: "restore",
		Doc:     "Make a session of a snapshot.",
		Example: "ai-session snapshot restore before-upgrade --as again",
	}
	SnapshotDelete = Op[SnapshotRequest, Deleted]{
		Name: "snapshot_delete", Method: "DELETE", Path: "/v1/snapshots/{name}", Verb: "snapshot delete",
		Capability: "snapshot", Audit: "snapshot",
		Doc:     "Delete a snapshot.",
		Example: "ai-session snapshot delete before-upgrade",
	}
	Restore = Op[RestoreRequest, Restored]{
		Name: "restore", Method: "POST", Path: "/v1/restore", Verb: "restore",
		Capability: "create", Audit: "restore",
		Doc:     "Bring back sessions that a reboot ended: from their newest snapshot, else folder, program and screen.",
		Example: "ai-session restore --all",
	}
	StorageOf = Op[StorageRequest, StorageReport]{
		Name: "storage", Method: "GET", Path: "/v1/storage", Verb: "storage",
		Capability: "read",
		Doc:        "Show what is kept on the disk, and how it is protected.",
		Example:    "ai-session storage",
	}
	Shred = Op[ShredRequest, Deleted]{
		Name: "storage_shred", Method: "POST", Path: "/v1/storage/{session}/shred", Verb: "storage shred",
		Capability: "admin", Audit: "shred",
		Doc:     "Destroy the key of an encrypted session: what was kept of it can never be read again.",
		Example: "ai-session storage shred dev",
	}
	RotateKeys = Op[RotateRequest, Rotated]{
		Name: "storage_rotate", Method: "POST", Path: "/v1/storage/rotate", Verb: "storage rotate",
		Capability: "admin", Audit: "rotate",
		Doc:     "Wrap the keys of all encrypted sessions anew.",
		Example: "ai-session storage rotate --keys keyring",
	}
	Doctor = Op[DoctorRequest, Diagnosis]{
		Name: "doctor", Method: "GET", Path: "/v1/doctor", Verb: "doctor",
		Capability: "read",
		Doc:        "Tell what works on this host, with the fix for what does not.",
		Example:    "ai-session doctor",
	}
	DaemonStatus = Op[StatusRequest, Status]{
		Name: "status", Method: "GET", Path: "/v1/status", Verb: "status",
		Capability: "read",
		Doc:        "Show how the daemon is.",
		Example:    "ai-session status",
	}
	Upgrade = Op[UpgradeRequest, UpgradeResult]{
		Name: "upgrade", Method: "POST", Path: "/v1/upgrade", Verb: "upgrade",
		Capability: "admin", Audit: "upgrade",
		Doc:     "Replace the running daemon by another binary; sessions and clients go on.",
		Example: "ai-session upgrade",
	}
	Stop = Op[StopRequest, StopResult]{
		Name: "stop", Method: "POST", Path: "/v1/stop", Verb: "stop",
		Capability: "admin", Audit: "stop",
		Doc:     "Stop the daemon and the sessions it holds.",
		Example: "ai-session stop",
	}
	Logs = Op[LogsRequest, Chunk]{
		Name: "logs", Kind: Stream, Method: "GET", Path: "/v1/logs", Verb: "logs",
		Capability: "admin",
		Doc:        "Read the daemon's log.",
		Example:    "ai-session logs --follow",
	}
)

// All lists every operation in the order of help.
func All() []Spec {
	return []Spec{
		Create.Spec(), List.Spec(), Inspect.Spec(), Exec.Spec(), Wait.Spec(), Send.Spec(),
		ScreenOf.Spec(), ReadOutput.Spec(), ReadRaw.Spec(), Blocks.Spec(), Events.Spec(),
		Attach.Spec(), Detach.Spec(), Kill.Spec(), Resize.Spec(), Rename.Spec(), Signal.Spec(),
		Context.Spec(), ContextAdd.Spec(), ContextMessages.Spec(), ContextSummarize.Spec(), Analyze.Spec(), Ledger.Spec(),
		Search.Spec(), Export.Spec(), Import.Spec(), SnapshotSave.Spec(), SnapshotsOf.Spec(), SnapshotShow.Spec(),
		SnapshotCompare.Spec(), SnapshotRestore.Spec(), SnapshotDelete.Spec(), Restore.Spec(),
		StorageOf.Spec(), Shred.Spec(), RotateKeys.Spec(), Doctor.Spec(), DaemonStatus.Spec(), Upgrade.Spec(), Stop.Spec(), Logs.Spec(),
	}
}
