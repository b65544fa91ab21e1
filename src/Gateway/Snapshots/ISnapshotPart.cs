using Iggy.Protocol;

namespace Iggy.Gateway.Snapshots;

/// <summary>One text of the support archive.</summary>
public interface ISnapshotPart
{
    /// <summary>Which one. Each type has one part.</summary>
    SnapshotType Type { get; }

    /// <summary>Writes it: bounded in length, without any secret.</summary>
    /// <exception cref="IOException">It cannot be had; the archive goes without it.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    void Write(TextWriter output);
}
