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
    // Four layouts were released under one version, and only the text of the SDK's own version tells the first three. Texts that are not
    // known are never refused.
    private static readonly string[] UnreadablePrereleases = ["-edge.1", "-edge.2", "-edge.3"];

    // Most of the clients drop the connection at a frame above 64 MiB, head and all.
    private const int LongReplyBytes = 64 * 1024 * 1024;

    private readonly VersionWindow _window = options.Value.Window();

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

    private async ValueTask<Outcome> LogInAsync(Session session, ReadOnlyMemory<byte> payload, ReplyBuffer reply)
    {
        if (!RegisterRequest.TryRead(payload.Span, out var request))
            return new(IggyError.InvalidFormat);
        if (!_window.Contains(request.Version) || IsUnreadable(request.SdkVersion))
        {
            LogOutsideWindow(logger, session.ClientId, request.SdkName, request.SdkVersion, request.Version, _window.Oldest, _window.Newest);
            return new(IggyError.IncompatibleProtocolVersion);
        }
        if (await TryLogInAsync(session, request) is var refusal and not IggyError.None)
            return new(refusal);

        session.MaxReplyBytes = TakesLongReplies(request.SdkName) ? int.MaxValue : LongReplyBytes;
        LogLoggedIn(logger, session.ClientId, session.UserId, request.SdkName, request.SdkVersion, request.Version);
        return new(IggyError.None);
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

    private static bool IsUnreadable(string sdkVersion)
    {
        foreach (var suffix in UnreadablePrereleases)
        {
            if (sdkVersion.EndsWith(suffix, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    [LoggerMessage(3400, LogLevel.Debug, "Client {ClientId} logged in as user {UserId} with {Sdk} {SdkVersion}, protocol {Version}")]
    private static partial void LogLoggedIn(ILogger logger, uint clientId, uint userId, string sdk, string sdkVersion, ProtocolVersion version);

    [LoggerMessage(3401, LogLevel.Warning, "Client {ClientId} was refused: {Sdk} {SdkVersion} speaks protocol {Version}; taken are {Oldest} to {Newest} (Iggy:Vsr:OldestVersion, NewestVersion), without their pre-releases edge.1 to edge.3")]
    private static partial void LogOutsideWindow(
        ILogger logger, uint clientId, string sdk, string sdkVersion, ProtocolVersion version, ProtocolVersion oldest, ProtocolVersion newest);
}
