using Microsoft.Extensions.Logging;

namespace Iggy.Archive.Backup;

internal sealed partial class Archiver
{
    [LoggerMessage(1100, LogLevel.Information, "The backup goes to {Place}, below {Root}, as epoch {Epoch}")]
    private static partial void LogStarted(ILogger logger, string place, string root, uint epoch);

    [LoggerMessage(1101, LogLevel.Warning, "The store {Place} ignores If-None-Match: the backup works, but nothing stops a second server of this name from writing beside this one")]
    private static partial void LogNotFencing(ILogger logger, string place);

    [LoggerMessage(1102, LogLevel.Error, "The backup has stopped. {Reason}")]
    private static partial void LogFenced(ILogger logger, string reason);

    [LoggerMessage(1103, LogLevel.Error, "The backup falls behind and is tried again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);

    [LoggerMessage(1104, LogLevel.Information, "The backup goes on")]
    private static partial void LogGoesOn(ILogger logger);

    [LoggerMessage(1105, LogLevel.Debug, "Point {Moment} of the backup is made, round {Sequence}")]
    private static partial void LogPoint(ILogger logger, string moment, ulong sequence);

    [LoggerMessage(1106, LogLevel.Information, "{Objects} objects older than Iggy:Archive:Retention were deleted from the archive")]
    private static partial void LogCleaned(ILogger logger, long objects);

    [LoggerMessage(1107, LogLevel.Warning, "The last round of the backup did not come to its end; the next start goes on with it: {Reason}")]
    private static partial void LogLastRound(ILogger logger, string reason);

    [LoggerMessage(1109, LogLevel.Error, "The archive is damaged, and the backup begins anew: everything goes into it again. {Reason}")]
    private static partial void LogAnew(ILogger logger, string reason);

    [LoggerMessage(1108, LogLevel.Error, "The backup met something that nobody foresaw, and is tried again")]
    private static partial void LogUnforeseen(ILogger logger, Exception exception);
}
