namespace Iggy.Storage;

/// <summary>What an opening found missing that must have been there, beside the damaged offsets.</summary>
/// <param name="Segments">Stretches of offsets whose segment files are gone.</param>
/// <param name="ForeignFiles">Files that belong to another log and were put aside.</param>
/// <param name="StoredOffsets">Places of stored consumer offsets that are gone; at most so many consumers start anew.</param>
public readonly record struct LogLosses(uint Segments, uint ForeignFiles, uint StoredOffsets);
