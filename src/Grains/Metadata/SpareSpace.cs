using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Metadata;

/// <summary>The spare file of the open data folder, for removals on a full disk: see <see cref="SpareFile"/>.</summary>
internal sealed class SpareSpace(DataFolderHolder holder, ILogger<SpareSpace> logger)
{
    /// <summary>Gives the space up, if it is there.</summary>
    public bool TryRelease()
    {
        if (!SpareFile.TryRelease(holder.Open().Root))
            return false;
        logger.SpareSpaceReleased();
        return true;
    }

    /// <summary>Takes the space if it was given up and there is room again. May be called at any time.</summary>
    public void TakeIfRoom() => SpareFile.TakeIfRoom(holder.Open().Root);

    /// <summary>Whether a failure is about space, wherever it was first thrown.</summary>
    public static bool IsDiskFull(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            // ENOSPC and EDQUOT; SQLite's FULL, and IOERR where it cannot make its shared memory file longer.
            if (failure is IOException { HResult: 28 or 122 or unchecked((int)0x8007_0070) } or SqliteException { SqliteErrorCode: 13 or 10 })
                return true;
        }
        return false;
    }
}
