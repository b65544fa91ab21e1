using Iggy.Storage.Files;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Hosting;

/// <summary>Takes from others what an earlier build, or a copy, left open to them in the data folder.</summary>
internal sealed partial class FileModes(ILogger<FileModes> logger)
{
    /// <summary>To be called before the folder is used.</summary>
    public Task TightenAsync(string root) => Task.Run(() =>
    {
        var (changed, refused) = OwnerOnly.Tighten(root);
        if (changed > 0)
            LogTightened(logger, changed, root);
        if (refused is not null)
            LogRefused(logger, refused);
    });

    [LoggerMessage(2135, LogLevel.Information, "The rights of others were taken from {Count} files and folders in {Folder}")]
    private static partial void LogTightened(ILogger logger, int count, string folder);

    [LoggerMessage(2136, LogLevel.Warning, "{Path} belongs to somebody else, so its rights cannot be limited to the owner")]
    private static partial void LogRefused(ILogger logger, string path);
}
