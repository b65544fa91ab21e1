using System.Globalization;

namespace Iggy.Protocol.Tests;

/// <summary>The worked examples of the newer dialect by name, from dumps that leave lines of zeros out.</summary>
internal static class VsrExample
{
    private static readonly Dictionary<string, byte[]> All = Load();

    public const ulong T = 1_755_000_000_000_000;

    public static readonly UInt128 Client = new(0x0011223344556677, 0x8899aabbccddeeff);

    public static int Count => All.Count;

    public static byte[] Bytes(string name) => [.. All[name]];

    public static byte[] Body(string name) => All[name][256..];

    private static Dictionary<string, byte[]> Load()
    {
        var examples = new Dictionary<string, byte[]>();
        var bytes = Array.Empty<byte>();
        foreach (var line in Vectors.Lines("vsr-examples.txt"))
        {
            if (line[0] is '#' or '*')
                continue;
            if (line.Split(": ") is [var offset, var hex])
            {
                Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)).CopyTo(bytes, int.Parse(offset, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                continue;
            }
            var head = line.Split(' ');
            examples.Add(head[0], bytes = new byte[int.Parse(head[1], CultureInfo.InvariantCulture)]);
        }
        return examples;
    }
}
