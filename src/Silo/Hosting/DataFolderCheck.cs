using Iggy.Grains;

namespace Iggy.Silo.Hosting;

/// <summary>The data folder holds what this server must not touch, or cannot read. The message says what to do.</summary>
public sealed class UnusableDataFolderException(string message) : Exception(message);

/// <summary>Looks at the data folder before it is used or wiped.</summary>
public static class DataFolderCheck
{
    private static readonly string[] _ours = ["server.lock", "metadata.db"];
    private static readonly string[] _lock = ["server.lock", "server.holder"]; // held while the rest goes

    /// <summary>Refuses a folder with the data of Apache Iggy's own server, which would look like lost data.</summary>
    /// <exception cref="UnusableDataFolderException">It is one.</exception>
    public static void RefuseForeign(string path)
    {
        if (File.Exists(Path.Combine(path, "state", "log")) && !LooksLikeOurs(path))
        {
            throw new UnusableDataFolderException(
                $"{path} holds data of Apache Iggy's own server, which is not converted. Choose another folder (IGGY_SYSTEM_PATH); this one was not touched.");
        }
    }

    /// <summary>Removes all that is in the folder, but not the folder itself, which may be a mount.</summary>
    /// <exception cref="UnusableDataFolderException">It holds something and nothing of ours: a wrong path must not cost a home directory.</exception>
    /// <exception cref="DataFolderInUseException">Another server holds it; nothing was removed.</exception>
    public static void Wipe(string path, TimeProvider clock)
    {
        if (!Directory.Exists(path))
            return;
        if (!LooksLikeOurs(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new UnusableDataFolderException(
                $"--fresh would remove {path}, which holds neither {string.Join(" nor ", _ours)}: it does not look like a data folder. Nothing was removed.");
        }

        using var held = DataFolder.Open(path, clock);
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            if (_lock.Contains(entry.Name))
                continue;
            if (entry is DirectoryInfo folder && folder.LinkTarget is null) // a link goes, what it leads to stays
                folder.Delete(recursive: true);
            else
                entry.Delete();
        }
    }

    private static bool LooksLikeOurs(string path) => _ours.Any(name => File.Exists(Path.Combine(path, name)));
}
