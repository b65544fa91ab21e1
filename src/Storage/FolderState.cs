namespace Iggy.Storage;

/// <summary>What a look at a log's folder finds, without opening the log.</summary>
public enum FolderState : byte
{
    /// <summary>Nothing is missing that is known to have been there.</summary>
    Whole,

    /// <summary>There is no folder, or no lock file in it: no log.</summary>
    Missing,

    /// <summary>Files are missing or cut; opening the log says which offsets are lost.</summary>
    Incomplete,
}
