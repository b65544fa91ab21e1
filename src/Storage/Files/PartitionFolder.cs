using System.Globalization;

namespace Iggy.Storage.Files;

/// <summary>Names of the files in the folder of one partition.</summary>
internal sealed class PartitionFolder(string path)
{
    private const string LogExtension = ".log";

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Held while the log is open; keeps the epoch.</summary>
    public string LockPath => In("partition.lock");

    /// <summary>Text for people: who holds the lock. A file of its own, for nobody else can read a locked one.</summary>
    public string OwnerPath => In("partition.owner");

    public string OffsetsPath => In("consumers.offsets");

    /// <summary>A table of stored offsets being prepared.</summary>
    public string NewOffsetsPath => In("offsets.new");

    /// <summary>What a replica has promised, and who wrote what.</summary>
    public string ReplicaPath => In("replica.state");

    /// <summary>The table of producers. There from the first record on that names one.</summary>
    public string ProducersPath => In("producers.snapshot");

    public string NewProducersPath => In("producers.new");

    /// <summary>A retired segment file, kept for the next segment.</summary>
    public string SparePath => In("segment.spare");

    /// <summary>A segment file being prepared. It counts only once it is renamed, so a <c>.log</c> file always has its head.</summary>
    public string NewSegmentPath => In("segment.new");

    /// <summary>While it exists a purge has been decided and is to be finished.</summary>
    public string PurgePath => In("purge.intent");

    /// <summary>Names the segments whose files lie in an archive.</summary>
    public string ColdListPath => In("cold.segments");

    public string LogPath(ulong firstOffset) => In(Name(firstOffset) + LogExtension);

    public string IndexPath(ulong firstOffset) => In(Name(firstOffset) + ".index");

    public string NewIndexPath => In("index.new");

    /// <summary>Where an unreadable segment file is put aside when its name is needed.</summary>
    public string DamagedPath(ulong firstOffset) => In(Name(firstOffset) + ".damaged");

    /// <summary>Where a segment file of another log is put aside.</summary>
    public string ForeignPath(ulong firstOffset) => In(Name(firstOffset) + ".foreign");

    /// <summary>First offsets of the segment files, ascending. Other names are not ours and are left alone.</summary>
    public List<ulong> ListSegments()
    {
        var found = new List<ulong>();
        foreach (var file in Directory.EnumerateFiles(Path, "*" + LogExtension))
        {
            var name = System.IO.Path.GetFileNameWithoutExtension(file);
            if (name.Length == 20 && ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var firstOffset))
                found.Add(firstOffset);
        }
        found.Sort();
        return found;
    }

    private static string Name(ulong firstOffset) => firstOffset.ToString("D20", CultureInfo.InvariantCulture);

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
