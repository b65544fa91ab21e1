namespace Iggy.Protocol;

/// <summary>Bounds of the protocol that do not follow from a field's size. Lengths are bytes of UTF-8, never characters.</summary>
public static class ProtocolLimits
{
    /// <summary>Longest name, messages key, user header key or value: what a length of one byte can say.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>Shortest username.</summary>
    public const int MinUsernameBytes = 3;

    /// <summary>Longest username.</summary>
    public const int MaxUsernameBytes = 50;

    /// <summary>Shortest password.</summary>
    public const int MinPasswordBytes = 3;

    /// <summary>Longest password.</summary>
    public const int MaxPasswordBytes = 100;

    /// <summary>Shortest name of a personal access token.</summary>
    public const int MinTokenNameBytes = 3;

    /// <summary>Longest name of a personal access token.</summary>
    public const int MaxTokenNameBytes = 30;

    /// <summary>Most partitions in one request.</summary>
    public const uint MaxPartitionsPerRequest = PartitionsPerRequest.Most;

    /// <summary>Largest payload of one message.</summary>
    public const uint MaxMessagePayloadBytes = 64_000_000;

    /// <summary>Largest block of user headers of one message.</summary>
    public const uint MaxUserHeadersBytes = 100_000;

    /// <summary>Message expiry, largest topic size and token expiry: "leave it to the server"; for a token: "never".</summary>
    public const ulong ServerDefault = 0;

    /// <summary>Message expiry, largest topic size and token expiry: "never", "no limit".</summary>
    public const ulong Unlimited = ulong.MaxValue;

    /// <summary>User id in the record of a client that is not logged in.</summary>
    public const uint NoUser = uint.MaxValue;

    /// <summary>Judges a username where a command does, after login and permission.</summary>
    /// <returns><see cref="IggyError.None"/> or <see cref="IggyError.InvalidUsername"/>.</returns>
    public static IggyError CheckUsername(string username) =>
        IsWithin(username, MinUsernameBytes, MaxUsernameBytes) ? IggyError.None : IggyError.InvalidUsername;

    /// <summary>Judges a password where a command does, after login and permission.</summary>
    /// <returns><see cref="IggyError.None"/> or <see cref="IggyError.InvalidPassword"/>.</returns>
    public static IggyError CheckPassword(string password) =>
        IsWithin(password, MinPasswordBytes, MaxPasswordBytes) ? IggyError.None : IggyError.InvalidPassword;

    /// <summary>Judges the name of a token to create.</summary>
    /// <returns><see cref="IggyError.None"/> or <see cref="IggyError.InvalidPersonalAccessTokenName"/>.</returns>
    public static IggyError CheckTokenName(string name) =>
        IsWithin(name, MinTokenNameBytes, MaxTokenNameBytes) ? IggyError.None : IggyError.InvalidPersonalAccessTokenName;

    /// <summary>Whether something may be called so from now on: what cannot stand in an address could be made and never be asked for over HTTP. Clients
    /// resolve a lone dot and two, and no listener takes a zero byte, however it is escaped.</summary>
    public static bool CanStandInAddress(string name) => name is not ("." or "..") && !name.Contains('\0', StringComparison.Ordinal);

    private static bool IsWithin(string text, int minBytes, int maxBytes)
    {
        var bytes = WireText.CountBytes(text);
        return bytes >= minBytes && bytes <= maxBytes;
    }
}
