using Microsoft.Extensions.Logging;

namespace Iggy.Replicas;

/// <summary>All log events of replicas, ids 2600-2699.</summary>
internal static partial class ReplicaEvents
{
    [LoggerMessage(2600, LogLevel.Information, "{Partition}: leads in epoch {Epoch}, with everything up to offset {End}")]
    public static partial void Leads(this ILogger logger, string partition, ulong epoch, ulong end);

    [LoggerMessage(2601, LogLevel.Error,
        "{Partition}: took over in epoch {Epoch} without a majority of whole logs; acknowledged messages above offset {End} may be lost")]
    public static partial void MayHaveLost(this ILogger logger, string partition, ulong epoch, ulong end);

    [LoggerMessage(2602, LogLevel.Information, "{Partition}: leads no more, epoch {Epoch} was promised; {Waiting} calls end with an unknown outcome")]
    public static partial void Deposed(this ILogger logger, string partition, ulong epoch, int waiting);

    [LoggerMessage(2603, LogLevel.Error, "{Partition}: the replica stops; it has to be opened again")]
    public static partial void Failed(this ILogger logger, string partition, Exception cause);

    [LoggerMessage(2604, LogLevel.Warning, "{Partition}: no majority answers, appends are refused; {Waiting} calls end with an unknown outcome")]
    public static partial void MajorityLost(this ILogger logger, string partition, int waiting);

    [LoggerMessage(2605, LogLevel.Information, "{Partition}: a majority answers again")]
    public static partial void MajorityFound(this ILogger logger, string partition);

    [LoggerMessage(2606, LogLevel.Warning, "{Partition}: this replica may lack acknowledged messages and does not count until the leader has brought it level")]
    public static partial void Suspect(this ILogger logger, string partition);

    [LoggerMessage(2607, LogLevel.Error, "{Partition}: what node {Node} needs from offset {Offset} on is damaged here and cannot be sent")]
    public static partial void CannotSend(this ILogger logger, string partition, string node, ulong offset);

    [LoggerMessage(2608, LogLevel.Warning, "{Partition}: the disk is full, what the leader sends is left until there is space")]
    public static partial void FollowerFull(this ILogger logger, string partition);
}
