using System.Buffers;

namespace Iggy.Primitives;

/// <summary>Arrays of the shared pool that get longer.</summary>
public static class PooledArrays
{
    /// <summary>Makes an array long enough, by another one of at least twice its length: what lies in it is copied, and it goes back to the pool.</summary>
    /// <param name="array">Of the shared pool, and the caller's alone; empty for none yet.</param>
    /// <param name="used">How many of its first bytes count.</param>
    /// <param name="needed">How long it has to be.</param>
    /// <param name="most">How long it may be asked to become; what is needed must not be more.</param>
    /// <exception cref="ArgumentOutOfRangeException">More is needed than there may be; the array is as it was.</exception>
    public static void Grow(ref byte[] array, int used, long needed, int most = int.MaxValue)
    {
        if (needed <= array.Length)
            return;
        most = Math.Min(most, Array.MaxLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(needed, most);
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(most, Math.Max(needed, 2L * array.Length)));
        array.AsSpan(0, used).CopyTo(larger);
        Return(array);
        array = larger;
    }

    /// <summary>Gives an array back to the shared pool, where it is one of it.</summary>
    /// <param name="array">Empty for none.</param>
    public static void Return(byte[] array)
    {
        if (array.Length > 0)
            ArrayPool<byte>.Shared.Return(array);
    }
}
