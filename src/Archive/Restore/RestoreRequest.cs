namespace Iggy.Archive.Restore;

/// <summary>What is to be restored.</summary>
/// <param name="At">The moment, since 1970.</param>
/// <param name="Stream">Name or number of the only stream wanted; null for all.</param>
/// <param name="IsDry">Only say what would be done.</param>
public sealed record RestoreRequest(ulong At, string? Stream, bool IsDry);

/// <summary>What was restored, or would be.</summary>
/// <param name="PointMicros">Whose metadata, users and stored offsets are taken.</param>
/// <param name="Partitions">How many.</param>
/// <param name="Bytes">What is read out of the archive.</param>
/// <param name="Messages">How many messages there are now; 0 where nothing was done.</param>
/// <param name="Missing">Offsets that the archive does not have, one line each.</param>
/// <param name="IsShort">Whether the archive ends before the moment: what came after its last point is not in it.</param>
public sealed record RestoreResult(ulong PointMicros, int Partitions, long Bytes, ulong Messages, IReadOnlyList<string> Missing, bool IsShort);

/// <summary>It cannot be restored. The message says why; nothing was changed, or the folder was left without metadata, so that no server starts on it.</summary>
public sealed class RestoreException(string message) : Exception(message);
