namespace Iggy.Replication.Frames;

/// <summary>What replicas of a partition tell each other.</summary>
/// <param name="Epoch">The leader's, or the candidate's, on either side of the talk.</param>
public abstract record Frame(ulong Epoch);

/// <summary>A candidate asks to be followed, and to be told what is there.</summary>
public sealed record Fence(ulong Epoch, ulong PurgeEpoch) : Frame(Epoch);

/// <summary>The promise: no older leader is listened to any more.</summary>
public sealed record Fenced(ulong Epoch, ulong LogEpoch, bool IsSuspect, ulong Start, ulong End, OffsetMark Offsets, EpochMap Map) : Frame(Epoch);

/// <summary>A candidate asks the best log for what it lacks.</summary>
/// <param name="Epoch">The candidate's.</param>
/// <param name="From">The first offset it lacks.</param>
/// <param name="LogEpoch">What the other had promised to be; </param>
/// <param name="End">as was its end.</param>
public sealed record Fetch(ulong Epoch, ulong From, ulong LogEpoch, ulong End) : Frame(Epoch);

/// <summary>A piece of a log, as much as the sender saw fit.</summary>
/// <param name="Epoch">The candidate's.</param>
/// <param name="LogEpoch">What the log is now.</param>
/// <param name="LogEnd">Where it ends now.</param>
/// <param name="From">Offset of the first message in <paramref name="Records"/>.</param>
/// <param name="End">Offset after the last.</param>
/// <param name="Records">Whole records, byte for byte.</param>
public sealed record Fetched(ulong Epoch, ulong LogEpoch, ulong LogEnd, ulong From, ulong End, ReadOnlyMemory<byte> Records) : Frame(Epoch);

/// <summary>A candidate asks for the newest table of stored offsets.</summary>
public sealed record FetchOffsets(ulong Epoch, OffsetMark Mark) : Frame(Epoch);

/// <summary>The table of stored offsets.</summary>
public sealed record OffsetsFetched(ulong Epoch, OffsetMark Mark, ReadOnlyMemory<byte> Offsets) : Frame(Epoch);

/// <summary>A leader begins to talk to a follower.</summary>
/// <param name="Epoch">The leader's.</param>
/// <param name="Session">Rises with every beginning; what belongs to an older one is not heard.</param>
/// <param name="PurgeEpoch">Logs of older epochs count as empty.</param>
public sealed record Attach(ulong Epoch, ulong Session, ulong PurgeEpoch) : Frame(Epoch);

/// <summary>What the follower has.</summary>
/// <param name="Epoch">The leader's.</param>
/// <param name="Session">The session that was begun.</param>
/// <param name="Nonce">Names this question: the answer has to bring it along.</param>
/// <param name="Start">First offset that is still there.</param>
/// <param name="End">Offset after the last.</param>
/// <param name="Map">Who wrote what of it.</param>
public sealed record Attached(ulong Epoch, ulong Session, ulong Nonce, ulong Start, ulong End, EpochMap Map) : Frame(Epoch);

/// <summary>What the follower has to do to be a part of the leader's log.</summary>
/// <param name="Epoch">The leader's.</param>
/// <param name="Session">The session that was begun.</param>
/// <param name="Nonce">The question that this answers.</param>
/// <param name="Keep">Everything at this offset and above goes.</param>
/// <param name="LogStart">First offset that the leader still has; below it nothing can be sent.</param>
/// <param name="TakeoverEnd">Where the leader began: with so much a follower belongs to its epoch.</param>
/// <param name="TrustEnd">Where the leader's log ended when it answered: with so much a suspect is trusted again.</param>
/// <param name="Map">The leader's map.</param>
/// <param name="Mark">How new the offsets are.</param>
/// <param name="Offsets">All stored offsets.</param>
public sealed record Cut(ulong Epoch, ulong Session, ulong Nonce, ulong Keep, ulong LogStart, ulong TakeoverEnd, ulong TrustEnd, EpochMap Map, OffsetMark Mark,
    ReadOnlyMemory<byte> Offsets) : Frame(Epoch);

/// <summary>A frame of a session, in order.</summary>
public abstract record SessionFrame(ulong Epoch, ulong Session) : Frame(Epoch);

/// <summary>Whole records, and how much is committed.</summary>
public sealed record Data(ulong Epoch, ulong Session, ulong From, ulong End, ulong Commit, ReadOnlyMemory<byte> Records) : SessionFrame(Epoch, Session);

/// <summary>The leader began another segment here; the follower does too, under the same generation.</summary>
public sealed record Roll(ulong Epoch, ulong Session, ulong At, ulong Generation) : SessionFrame(Epoch, Session);

/// <summary>A stored offset changed.</summary>
public sealed record Offset(ulong Epoch, ulong Session, ulong Sequence, ReadOnlyMemory<byte> Entry) : SessionFrame(Epoch, Session);

/// <summary>Messages below this offset are gone.</summary>
public sealed record Trim(ulong Epoch, ulong Session, ulong Start) : SessionFrame(Epoch, Session);

/// <summary>How much is committed, and that the leader lives.</summary>
public sealed record Beat(ulong Epoch, ulong Session, ulong Commit) : SessionFrame(Epoch, Session);

/// <summary>How much the follower has; on disk where the durability asks for that.</summary>
public sealed record Ack(ulong Epoch, ulong Session, ulong End, ulong Sequence) : SessionFrame(Epoch, Session);
