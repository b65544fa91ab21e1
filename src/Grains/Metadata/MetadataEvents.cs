using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Metadata;

/// <summary>What is told of the metadata store as a whole.</summary>
internal static partial class MetadataEvents
{
    [LoggerMessage(2104, LogLevel.Error, "The metadata row of {Row} is damaged: calls to it are refused until the metadata is restored from a backup")]
    public static partial void RowDamaged(this ILogger logger, string row);

    [LoggerMessage(2105, LogLevel.Warning, "The write-ahead log of the metadata could not be folded into metadata.db; tried again at the next beat")]
    public static partial void CheckpointFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2106, LogLevel.Warning, "The disk is full: the space kept for removals was given up; it is taken again when there is room")]
    public static partial void SpareSpaceReleased(this ILogger logger);
}
