using System.Globalization;
using Iggy.Gateway.Host;
using Iggy.Protocol;

namespace Iggy.Gateway.Snapshots;

/// <summary>What lies in the data folder: names, sizes and times, no content.</summary>
internal sealed class FilesystemOverview(DataDisk disk) : ISnapshotPart
{
    // Some 10,000 partitions; keeps the text at a few megabytes.
    private const int MostEntries = 50_000;

    public SnapshotType Type => SnapshotType.FilesystemOverview;

    public void Write(TextWriter output)
    {
        var root = new DirectoryInfo(disk.Path);
        var drive = new DriveInfo(root.FullName);
        output.Write(string.Create(CultureInfo.InvariantCulture,
            $"{root.FullName}: {drive.DriveFormat}, {drive.AvailableFreeSpace} of {drive.TotalSize} B free\n\n{"bytes",16}  {"changed (UTC)",-20} name\n"));
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var count = 0;
        foreach (var entry in root.EnumerateFileSystemInfos("*", options))
        {
            if (++count > MostEntries)
            {
                output.Write(string.Create(CultureInfo.InvariantCulture, $"... more than {MostEntries} entries\n"));
                return;
            }
            var name = Path.GetRelativePath(root.FullName, entry.FullName);
            output.Write(entry is FileInfo file
                ? string.Create(CultureInfo.InvariantCulture, $"{SizeOf(file),16}  {file.LastWriteTimeUtc,-20:u} {name}\n")
                : string.Create(CultureInfo.InvariantCulture, $"{"",16}  {entry.LastWriteTimeUtc,-20:u} {name}{Path.DirectorySeparatorChar}\n"));
        }
    }

    private static long SizeOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0; // deleted while the list was made
        }
    }
}
