namespace Iggy.Links;

/// <summary>What a frame belongs to: frames of one channel stay in order and wait for each other, others do not wait for them. Links do not know what it means.</summary>
/// <param name="Group">Of the channels that belong together.</param>
/// <param name="Number">Among them.</param>
public readonly record struct LinkChannel(Guid Group, ulong Number);
