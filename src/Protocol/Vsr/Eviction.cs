using System.Buffers.Binary;

namespace Iggy.Protocol.Vsr;

/// <summary>Why a session, or a login, is refused.</summary>
public enum EvictionReason : byte
{
    /** <summary>None; never sent.</summary> */ None = 0,
    /** <summary>Not logged in, or an unknown client.</summary> */ NoSession = 1,
    /** <summary>An operation that clients may not ask for.</summary> */ InvalidRequestOperation = 4,
    /** <summary>A body that can't be read.</summary> */ InvalidRequestBody = 5,
    /** <summary>Another connection has taken the session over.</summary> */ SessionTooLow = 7,
    /** <summary>Unknown user, wrong password, or inactive.</summary> */ InvalidCredentials = 9,
    /** <summary>Unknown or expired token.</summary> */ InvalidToken = 10,
    /** <summary>The token's owner may not log in.</summary> */ UserInactive = 11,
    /** <summary>The client id belongs to another user.</summary> */ SessionError = 12,
    /** <summary>No sign of life for too long; sent unasked.</summary> */ StaleClient = 13,
    /** <summary>A version of the dialect outside the window that comes with it.</summary> */ IncompatibleProtocol = 14,
    /** <summary>A login that can't be read.</summary> */ MalformedLogin = 15,
}

/// <summary>The frame that ends a session or refuses a login: always 256 bytes.</summary>
/// <remarks>Layout: size u32 @48, command u8 @60, client u128 @128, greatest version u32 @144 and least @148 (both only with
/// <see cref="EvictionReason.IncompatibleProtocol"/>), reason u8 @255; every other byte must be zero.</remarks>
/// <param name="Client">Whom it is for, not 0.</param>
/// <param name="Reason">Why.</param>
/// <param name="Window">Versions that are taken; null unless that is the reason.</param>
public readonly record struct Eviction(UInt128 Client, EvictionReason Reason, VersionWindow? Window = null)
{
    /// <summary>Bytes of the frame.</summary>
    public const int SizeInBytes = CommonHeader.SizeInBytes;

    /// <summary>Reads a frame of that kind.</summary>
    /// <param name="frame">At least <see cref="SizeInBytes"/>.</param>
    public static Eviction Read(ReadOnlySpan<byte> frame)
    {
        var (newest, oldest) = (BinaryPrimitives.ReadUInt32LittleEndian(frame[144..]), BinaryPrimitives.ReadUInt32LittleEndian(frame[148..]));
        return new(
            BinaryPrimitives.ReadUInt128LittleEndian(frame[128..]),
            (EvictionReason)frame[255],
            newest == 0 ? null : new VersionWindow(new(oldest), new(newest)));
    }

    /// <summary>Writes the frame.</summary>
    /// <param name="frame">At least <see cref="SizeInBytes"/>.</param>
    public void Write(Span<byte> frame)
    {
        frame[..SizeInBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame[CommonHeader.SizeAt..], SizeInBytes);
        frame[CommonHeader.CommandAt] = (byte)FrameCommand.Eviction;
        BinaryPrimitives.WriteUInt128LittleEndian(frame[128..], Client);
        if (Window is { } window)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(frame[144..], window.Newest.Packed);
            BinaryPrimitives.WriteUInt32LittleEndian(frame[148..], window.Oldest.Packed);
        }
        frame[255] = (byte)Reason;
    }

    /// <summary>The code that SDKs make of it.</summary>
    public IggyError ToError() => Reason switch
    {
        EvictionReason.InvalidCredentials => IggyError.InvalidCredentials,
        EvictionReason.InvalidToken => IggyError.InvalidPersonalAccessToken,
        EvictionReason.StaleClient => IggyError.StaleClient,
        EvictionReason.IncompatibleProtocol => IggyError.IncompatibleProtocolVersion,
        EvictionReason.MalformedLogin => IggyError.InvalidFormat,
        EvictionReason.InvalidRequestOperation or EvictionReason.InvalidRequestBody => IggyError.InvalidCommand,
        _ => IggyError.Unauthenticated,
    };
}
