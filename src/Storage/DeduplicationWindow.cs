namespace Iggy.Storage;

/// <summary>How long the ids of messages are remembered, so that a message that comes again is dropped: whichever bound is met first.</summary>
/// <param name="MaxEntries">Ids, the newest ones: at least 1.</param>
/// <param name="Expiry">Time since the message was appended: above zero.</param>
public sealed record DeduplicationWindow(int MaxEntries, TimeSpan Expiry);
