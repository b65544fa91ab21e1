using System.Collections.Frozen;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Protocol;
using Iggy.Protocol.Vsr;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Wire.Vsr;

/// <summary>The login of the newer dialect: one request for passwords and tokens, with the version handshake in front.</summary>
internal sealed partial class VsrLogins(LoginCommands logins, IOptions<VsrOptions> options, ILogger<VsrLogins> logger)
{
    // Four layouts were made under one version before it was released, and only the text of the SDK's own version tells the first three. Texts that
    // are not known are never refused.
    private static readonly FrozenSet<string> UnreadablePrereleases = FrozenSet.Create(StringComparer.Ordinal,
    [
        "0.11.0-edge.1", "0.11.0-edge.2", "0.11.0-edge.3", // Rust and what wraps it
        "0.9.0-edge.1", "0.9.0-edge.2", "0.9.0-edge.3", // C#, Go
        "0.10.0-edge.1", "0.10.0-edge.2", "0.10.0-edge.3", // Node
    ]);

    // Most of the clients drop the connection at a frame above 64 MiB, head and all.
    private const int LongReplyBytes = 64 * 1024 * 1024;

    private readonly VersionWindows _window = options.Value.Windows();

    /// <summary>Enters the commands. The login has no code of its own on the wire, so it takes the place of the classic one, which does not exist here.</summary>
    public void AddTo(CommandTable table)
    {
        table.Add(CommandCode.LoginUser, LogInAsync);
        table.Map(CommandCode.LogoutUser, static async (session, _) =>
        {
            // Memberships end with the session; the connection may log in again and join.
            foreach (var membership in session.Groups.All)
                await GroupMemberships.LeaveAsync(session, membership.Group);
            session.LogOut();
        });
    }

    /// <summary>Whether a login's version is one that is taken. What is of another one cannot be read any further, not even to compare its checksum.</summary>
    public static bool IsOfVersion(ReadOnlySpan<byte> body, VersionWindows window) =>
        !RegisterRequest.TryReadVersion(body, out var version) || window.Contains(version);

    private async ValueTask<Outcome> LogInAsync(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (!RegisterRequest.TryReadVersion(payload.Span, out var version))
            return Refuse(session, IggyError.InvalidFormat, "its body is too short");
        if (!_window.Contains(version))
        {
            LogOutsideWindow(logger, session.ClientId, session.Address, version, _window.Told.Oldest, _window.Told.Newest);
            return new(IggyError.IncompatibleProtocolVersion);
        }
        if (!RegisterRequest.TryRead(payload.Span, out var request))
            return Refuse(session, IggyError.InvalidFormat, "its body can't be read");
        if (UnreadablePrereleases.Contains(request.SdkVersion) || IsBeforeItsLayouts(request))
        {
            LogPrerelease(logger, session.ClientId, session.Address, request.SdkName, request.SdkVersion);
            return new(IggyError.IncompatibleProtocolVersion);
        }
        if (await TryLogInAsync(session, request) is var refusal and not IggyError.None)
            return Refuse(session, refusal, "its credentials are not taken");

        session.MaxReplyBytes = TakesLongReplies(request.SdkName) ? int.MaxValue : LongReplyBytes;
        LogLoggedIn(logger, session.ClientId, session.UserId, request.SdkName, request.SdkVersion, request.Version);
        return new(IggyError.None);
    }

    // The numbers below 0.12.2 were used by pre-releases of several layouts before the release took the first of them.
    private static bool IsBeforeItsLayouts(in RegisterRequest request) =>
        request.Version is { Minor: 12, Patch: < 2 } && request.SdkVersion.StartsWith("0.11.1-", StringComparison.Ordinal);

    private Outcome Refuse(Session session, IggyError error, string reason)
    {
        LogRefused(logger, session.ClientId, session.Address, reason, error);
        return new(error);
    }

    // A body that fits both forms is tried as a password first. Why a password was refused is not told: an inactive user looks like a wrong one.
    private async ValueTask<IggyError> TryLogInAsync(Session session, RegisterRequest request)
    {
        var refusal = IggyError.InvalidFormat;
        if (request.Password is { } login)
        {
            if (await TryAsync(() => logins.LogInAsync(session, login.Username, login.Password)) is IggyError.None)
                return IggyError.None;
            refusal = IggyError.InvalidCredentials;
        }
        if (request.Token is { } token)
        {
            refusal = await TryAsync(() => logins.LogInAsync(session, token)) switch
            {
                IggyError.None => IggyError.None,
                IggyError.UserInactive => IggyError.UserInactive,
                _ => IggyError.InvalidPersonalAccessToken,
            };
        }
        return refusal;
    }

    private static async ValueTask<IggyError> TryAsync(Func<ValueTask<uint>> login)
    {
        try
        {
            await login();
            return IggyError.None;
        }
        catch (CommandRefusedException refused)
        {
            return refused.Error;
        }
    }

    // By the text that they send; everybody else takes whatever comes.
    private static bool TakesLongReplies(string sdkName) => sdkName is not ("csharp-sdk" or "go-sdk" or "node-sdk" or "java-sdk");

    [LoggerMessage(3400, LogLevel.Debug, "Client {ClientId} logged in as user {UserId} with {Sdk} {SdkVersion}, protocol {Version}")]
    private static partial void LogLoggedIn(ILogger logger, uint clientId, uint userId, string sdk, string sdkVersion, ProtocolVersion version);

    [LoggerMessage(3401, LogLevel.Warning, "Client {ClientId} ({Address}) was refused: it speaks protocol {Version}; taken are {Oldest} to {Newest} (Iggy:Vsr:OldestVersion, NewestVersion)")]
    private static partial void LogOutsideWindow(
        ILogger logger, uint clientId, string address, ProtocolVersion version, ProtocolVersion oldest, ProtocolVersion newest);

    [LoggerMessage(3407, LogLevel.Warning, "Client {ClientId} ({Address}) was refused: {Sdk} {SdkVersion} is an early pre-release, whose layouts are not those of the version that it says it speaks")]
    private static partial void LogPrerelease(ILogger logger, uint clientId, string address, string sdk, string sdkVersion);

    [LoggerMessage(3408, LogLevel.Warning, "Client {ClientId} ({Address}) was refused its login: {Reason} ({Error})")]
    private static partial void LogRefused(ILogger logger, uint clientId, string address, string reason, IggyError error);
}
