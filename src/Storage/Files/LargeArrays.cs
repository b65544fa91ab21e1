using System.Buffers;

namespace Iggy.Storage.Files;

/// <summary>Arrays for what one large message needs. Those of usual size come from the shared pool; larger ones are left to the collector, for the pool
/// would keep some of each size for every core.</summary>
internal static class LargeArrays
{
    private const int MostPooledBytes = 2 << 20; // a size of the pool's own, so that the length of an array tells where it came from

    public static byte[] Rent(int bytes)
        => bytes <= MostPooledBytes ? ArrayPool<byte>.Shared.Rent(bytes) : GC.AllocateUninitializedArray<byte>(bytes);

    public static void Return(byte[] array)
    {
        if (IsPooled(array))
            ArrayPool<byte>.Shared.Return(array);
    }

    public static bool IsPooled(byte[] array) => array.Length <= MostPooledBytes;
}
