using Iggy.Grains.Interfaces;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Partitions;

internal sealed partial class PartitionGrain
{
    [LoggerMessage(2000, LogLevel.Error, "Partition {Partition} could not be opened, changed or closed; it is opened anew in some seconds")]
    private static partial void LogFailed(ILogger logger, string partition, Exception exception);

    [LoggerMessage(2001, LogLevel.Error, "Partition {Partition} could not be synced; it takes no messages until it is opened anew in some seconds")]
    private static partial void LogSyncFailed(ILogger logger, string partition, Exception exception);

    [LoggerMessage(2002, LogLevel.Debug, "Partition {Partition} refused a request: {Reason} ({Bytes} B of messages)")]
    private static partial void LogRefused(ILogger logger, string partition, Refusal reason, int bytes);

    [LoggerMessage(2003, LogLevel.Warning, "A reader of partition {Partition} met a damaged range that ends at offset {LastOffset}")]
    private static partial void LogDamaged(ILogger logger, string partition, ulong lastOffset);
}
