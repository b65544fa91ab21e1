namespace Iggy.Protocol;

/// <summary>Type of a user header's key or value. Numbers are little-endian.</summary>
public enum UserHeaderKind : byte
{
    /** <summary>1 to 255 bytes.</summary> */ Raw = 1,
    /** <summary>1 to 255 bytes of UTF-8.</summary> */ Text = 2,
    /** <summary>One byte, 0 or 1.</summary> */ Boolean = 3,
    /** <summary>1 byte.</summary> */ Int8 = 4,
    /** <summary>2 bytes.</summary> */ Int16 = 5,
    /** <summary>4 bytes.</summary> */ Int32 = 6,
    /** <summary>8 bytes.</summary> */ Int64 = 7,
    /** <summary>16 bytes.</summary> */ Int128 = 8,
    /** <summary>1 byte.</summary> */ UInt8 = 9,
    /** <summary>2 bytes.</summary> */ UInt16 = 10,
    /** <summary>4 bytes.</summary> */ UInt32 = 11,
    /** <summary>8 bytes.</summary> */ UInt64 = 12,
    /** <summary>16 bytes.</summary> */ UInt128 = 13,
    /** <summary>IEEE 754, 4 bytes.</summary> */ Float32 = 14,
    /** <summary>IEEE 754, 8 bytes.</summary> */ Float64 = 15,
}

/// <summary>What follows from a kind.</summary>
internal static class UserHeaderKinds
{
    // By kind, from 0; 0 where the length is free.
    private static ReadOnlySpan<byte> FixedBytes => [0, 0, 0, 1, 1, 2, 4, 8, 16, 1, 2, 4, 8, 16, 4, 8];

    /// <summary>Whether the kind exists.</summary>
    public static bool IsKnown(UserHeaderKind kind) => kind is >= UserHeaderKind.Raw and <= UserHeaderKind.Float64;

    /// <summary>Whether the bytes can be a value of the kind, which must be known.</summary>
    public static bool IsValid(UserHeaderKind kind, ReadOnlySpan<byte> value) => kind switch
    {
        UserHeaderKind.Raw => value.Length is >= 1 and <= ProtocolLimits.MaxNameBytes,
        UserHeaderKind.Text => value.Length is >= 1 and <= ProtocolLimits.MaxNameBytes && WireText.IsValid(value),
        UserHeaderKind.Boolean => value is [0 or 1],
        _ => value.Length == FixedBytes[(int)kind],
    };

    /// <summary>The kind of a C# type; default when there is none. Folds to a constant for each type.</summary>
    public static UserHeaderKind Of<T>() where T : unmanaged
    {
        if (typeof(T) == typeof(bool))
            return UserHeaderKind.Boolean;
        if (typeof(T) == typeof(sbyte))
            return UserHeaderKind.Int8;
        if (typeof(T) == typeof(short))
            return UserHeaderKind.Int16;
        if (typeof(T) == typeof(int))
            return UserHeaderKind.Int32;
        if (typeof(T) == typeof(long))
            return UserHeaderKind.Int64;
        if (typeof(T) == typeof(Int128))
            return UserHeaderKind.Int128;
        if (typeof(T) == typeof(byte))
            return UserHeaderKind.UInt8;
        if (typeof(T) == typeof(ushort))
            return UserHeaderKind.UInt16;
        if (typeof(T) == typeof(uint))
            return UserHeaderKind.UInt32;
        if (typeof(T) == typeof(ulong))
            return UserHeaderKind.UInt64;
        if (typeof(T) == typeof(UInt128))
            return UserHeaderKind.UInt128;
        if (typeof(T) == typeof(float))
            return UserHeaderKind.Float32;
        return typeof(T) == typeof(double) ? UserHeaderKind.Float64 : default;
    }
}
