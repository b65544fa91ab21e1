namespace Iggy.Replicas.Tests.Setup;

/// <summary>The files of replicas that nobody has open.</summary>
internal static class SegmentFiles
{
    private const int HeadBytes = 24, SealAt = 512, SealBytes = 64, RecordsAt = 4096;

    /// <summary>Names, records and seals are the same byte for byte, and heads but for their times.</summary>
    public static void AssertSame(string one, string other)
    {
        Assert.Equal(Names(one), Names(other));
        foreach (var name in Names(one))
        {
            var (left, right) = (File.ReadAllBytes(Path.Combine(one, name)), File.ReadAllBytes(Path.Combine(other, name)));
            Assert.True(left.AsSpan(0, HeadBytes).SequenceEqual(right.AsSpan(0, HeadBytes)), $"{name}: head");
            Assert.True(left.AsSpan(SealAt, SealBytes).SequenceEqual(right.AsSpan(SealAt, SealBytes)), $"{name}: seal");
            Assert.True(left.AsSpan(RecordsAt).SequenceEqual(right.AsSpan(RecordsAt)), $"{name}: records of {left.Length} and {right.Length} bytes");
        }
    }

    private static string[] Names(string folder) => [.. Directory.GetFiles(folder, "*.log").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
