namespace Iggy.Storage.Log;

/// <summary>Where a reply, or a piece of one, ends.</summary>
/// <param name="Count">Most messages.</param>
/// <param name="Bytes">Most bytes of messages, unless the first one alone is larger.</param>
/// <param name="RoomBytes">Most bytes of messages that may be held in memory; a reply that needs more is not made.</param>
/// <param name="KeepsRecordsWhole">Ends in front of a record that does not fit as a whole, rather than inside it, where it can: a record that two pieces
/// share is read twice.</param>
internal readonly record struct ReplyLimits(uint Count, int Bytes, int RoomBytes, bool KeepsRecordsWhole);
