namespace Iggy.Storage.Files;

/// <summary>Makes, finds and deletes the folders of logs that nobody has open.</summary>
internal static class LogFolder
{
    public static void Create(string path, IDisk disk)
    {
        var folder = new PartitionFolder(path);
        var above = Path.GetDirectoryName(folder.Path);
        var there = above; // up to here folders were there before, so their names are on the disk
        while (there is not null && !Directory.Exists(there))
            there = Path.GetDirectoryName(there);
        if (!Exists(path))
        {
            Directory.CreateDirectory(folder.Path);
            PartitionLock.Create(folder, disk); // last: its file is what makes the folder a log
        }
        disk.FlushFolder(folder.Path); // also of one that is there: a call before this one may have ended here
        for (; above is not null; above = Path.GetDirectoryName(above))
        {
            disk.FlushFolder(above);
            if (above == there)
                break;
        }
    }

    public static bool Exists(string path) => File.Exists(new PartitionFolder(path).LockPath);

    public static void Delete(string path, IDisk disk)
    {
        var folder = new PartitionFolder(path);
        if (!Directory.Exists(folder.Path))
            return;
        if (Exists(path))
        {
            using var held = PartitionLock.Hold(folder);
            foreach (var file in Directory.EnumerateFiles(folder.Path))
            {
                if (file != folder.LockPath)
                    disk.Delete(file);
            }
            disk.Delete(folder.LockPath); // last: until then the folder can be opened, or deleted again
        }
        Directory.Delete(folder.Path, recursive: true);
        if (Path.GetDirectoryName(folder.Path) is { } parent)
            disk.FlushFolder(parent);
    }
}
