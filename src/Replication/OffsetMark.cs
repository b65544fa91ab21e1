namespace Iggy.Replication;

/// <summary>How new a table of stored consumer offsets is: the epoch of the leader it comes from, and how many changes that leader had counted.</summary>
/// <remarks>A number of changes alone would not do: a leader that was cut off counts on, and its changes are not those of its successor.</remarks>
public readonly record struct OffsetMark(ulong Epoch, ulong Sequence);
