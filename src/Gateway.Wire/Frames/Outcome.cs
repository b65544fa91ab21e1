using Iggy.Gateway.Limits;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;

namespace Iggy.Gateway.Wire.Frames;

/// <summary>How a request ended. To be disposed when the reply is sent.</summary>
/// <param name="Error">What the reply says.</param>
/// <param name="Messages">A reply that a grain wrote, with room for the head in front; null when the reply lies in the reply buffer.</param>
/// <param name="Large">What comes behind the reply buffer and is read while it is sent; else null.</param>
/// <param name="Room">The share of the reply in what all replies may take, if it needs one.</param>
/// <param name="RequestMayStillBeRead">The call into a grain was given up: the grain may yet read the request's bytes, so they must not change.</param>
internal readonly record struct Outcome(
    IggyError Error, PooledBytes? Messages = null, LargeReply? Large = null, ReplyRoom? Room = null, bool RequestMayStillBeRead = false) : IDisposable
{
    /// <summary>Nobody knows whether a send or a change of an offset was done: the call was given up, or its sync failed.</summary>
    public bool IsUnknown => RequestMayStillBeRead || Error is IggyError.TaskTimeout;

    /// <inheritdoc/>
    public void Dispose()
    {
        Messages?.Dispose();
        Large?.Dispose();
        Room?.Dispose();
    }
}
