using System.Buffers;

namespace Iggy.Protocol.Tests;

/// <summary>Bytes out of codecs and out of hex.</summary>
internal static class Bytes
{
    public delegate void Writing(WireWriter writer);

    public static byte[] Of(Writing write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new WireWriter(output));
        return output.WrittenSpan.ToArray();
    }

    public static byte[] Of<T>(T value) where T : IWireValue<T> => Of(value.Write);

    /// <summary>Hex with any white space.</summary>
    public static byte[] Hex(string text) => Convert.FromHexString(string.Concat(text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)));
}
