using Iggy.Protocol;

namespace Iggy.Gateway.Snapshots;

/// <summary>A fixed text by which clients prove that they can read an archive.</summary>
internal sealed class TestText : ISnapshotPart
{
    public SnapshotType Type => SnapshotType.Test;

    public void Write(TextWriter output) => output.Write("test\n");
}
