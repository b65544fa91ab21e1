namespace Iggy.Storage;

/// <summary>Somebody else has this partition log open. Nothing was changed.</summary>
/// <param name="folder">The partition's folder.</param>
/// <param name="holder">Process, host and time of the holder, as far as it could be read.</param>
public sealed class PartitionLockedException(string folder, string holder)
    : IOException($"The partition log in {folder} is open already: {holder}.")
{
    /// <summary>The partition's folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>Process, host and time of the holder, as far as it could be read.</summary>
    public string Holder { get; } = holder;
}

/// <summary>A file is of a format version that this build does not know. Nothing was changed.</summary>
/// <param name="path">The file.</param>
/// <param name="version">Version found in it.</param>
public sealed class UnknownFormatException(string path, uint version)
    : IOException($"{path} is of format version {version}; this build reads version {FileFormat.Version}.");

/// <summary>The folder is another log's: its files were moved or copied here. Nothing was changed.</summary>
/// <param name="path">The file that says so.</param>
public sealed class ForeignLogException(string path) : IOException($"{path} belongs to another partition; this folder is not opened.");

/// <summary>A sync to disk failed, so it is unknown what is on disk: the log takes no more appends until it is opened again.</summary>
/// <param name="folder">The partition's folder.</param>
/// <param name="cause">What the operating system said.</param>
public sealed class FlushFailedException(string folder, Exception cause)
    : IOException($"Syncing the partition log in {folder} failed; it must be opened again.", cause);
