using Microsoft.Extensions.Logging;

namespace Iggy.Links;

/// <summary>All log events of links, ids 2500-2599.</summary>
internal static partial class LinkEvents
{
    [LoggerMessage(2500, LogLevel.Information, "Connected to node {Node:x16}")]
    public static partial void Connected(this ILogger logger, ulong node);

    [LoggerMessage(2501, LogLevel.Warning, "The connection to node {Node:x16} ended: {Reason}")]
    public static partial void Lost(this ILogger logger, ulong node, string reason, Exception? cause);

    [LoggerMessage(2502, LogLevel.Warning, "Node {Node:x16} at {Address} cannot be reached; it is tried again: {Reason}")]
    public static partial void NotReached(this ILogger logger, ulong node, string address, string reason);

    [LoggerMessage(2503, LogLevel.Warning, "A connection from {Address} was refused: {Reason}")]
    public static partial void Refused(this ILogger logger, string address, string reason);

    [LoggerMessage(2504, LogLevel.Error, "Connections from other nodes cannot be accepted")]
    public static partial void AcceptFailed(this ILogger logger, Exception cause);

    [LoggerMessage(2505, LogLevel.Error, "A frame of node {Node:x16} was not handled; the connection is closed")]
    public static partial void HandlerFailed(this ILogger logger, ulong node, Exception cause);
}
