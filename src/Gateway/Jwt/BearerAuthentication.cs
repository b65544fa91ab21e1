using System.Net;
using System.Security.Claims;
using Iggy.Gateway.Commands;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Iggy.Gateway.Jwt;

/// <summary>Who sends a request: a JWT of this server or of an issuer that it trusts, or a personal access token, all as <c>Authorization: Bearer</c>.</summary>
/// <remarks>The framework's handler judges what a token says of itself; whether it was taken back, and whether its user is still who it was given
/// to, is asked on every request.</remarks>
internal sealed class BearerAuthentication(JwtTokens tokens, LoginCommands logins, AccessCache access, TimeProvider clock)
{
    private const string Scheme = "Bearer";
    private const string Prefix = "Bearer "; // as it stands, one space: what clients send

    private static readonly object _claims = new(); // the key of a request's TokenClaims

    /// <summary>Adds the handler to a listener.</summary>
    public void AddTo(IServiceCollection services)
    {
        // Not by AddAuthentication, which would also start the keys for cookies that nobody uses.
        services.AddAuthenticationCore(static options => options.DefaultScheme = Scheme);
        services.AddWebEncoders();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IAuthenticationConfigurationProvider, NoConfiguration>();
        new AuthenticationBuilder(services).AddJwtBearer(Scheme, options =>
        {
            options.MapInboundClaims = false;
            options.SaveToken = false;
            options.TokenValidationParameters = tokens.Parameters;
            options.Events = new JwtBearerEvents { OnMessageReceived = ReceiveAsync, OnTokenValidated = AcceptAsync };
        });
    }

    /// <summary>The session of a request, or null when it may not have one. It has no client id and is listed nowhere.</summary>
    public async ValueTask<Session?> OpenAsync(HttpContext context, TransportKind transport = TransportKind.Http)
    {
        var result = await context.AuthenticateAsync(Scheme);
        if (!result.Succeeded || context.Items[_claims] is not TokenClaims claims)
            return null;

        var session = NewSession(context, transport);
        session.LogIn(claims.UserId);
        return await RefreshAsync(session, claims) ? session : null;
    }

    /// <summary>Whether the token and the user of a request that goes on are still good; refreshes what the user may do.</summary>
    public async ValueTask<bool> IsStillGoodAsync(HttpContext context, Session session)
    {
        var claims = Claims(context);
        var isGood = claims.Personal is { } personal ? personal.IsStillGoodAsync(logins) : tokens.IsStillGoodAsync(claims);
        return await isGood && await RefreshAsync(session, claims);
    }

    private ValueTask<bool> RefreshAsync(Session session, TokenClaims claims) =>
        claims.Generation is { } generation ? access.RefreshAsync(session, generation, claims.Id) : access.RefreshAsync(session);

    /// <summary>A session that is not logged in.</summary>
    public static Session NewSession(HttpContext context, TransportKind transport = TransportKind.Http)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return new Session(clientId: 0, transport, new IPEndPoint(address, context.Connection.RemotePort).ToString()) 
        {
            Gone = context.RequestAborted, LocalAddress = context.Connection.LocalIpAddress, Place = context.Features.Get<ConnectionPlace>(),
        };
    }

    /// <summary>The token of the request; it has one that was accepted.</summary>
    public static TokenClaims Claims(HttpContext context) => (TokenClaims)context.Items[_claims]!;

    private async Task ReceiveAsync(MessageReceivedContext context)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } text || !text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length == Prefix.Length)
        {
            context.NoResult();
            return;
        }

        context.Token = text[Prefix.Length..];
        if (context.Token.Contains('.', StringComparison.Ordinal)) // as every JWT has it, and no personal access token
        {
            if (JwtTokens.Decode(context.Token) is not { } token || !tokens.IsOfOthers(token))
                return; // what follows is the framework's
            if (await tokens.AcceptOfOthersAsync(token) is { } foreign)
                Succeed(context, foreign);
            else
                context.Fail("A token of another issuer is not good.");
            return;
        }
        try
        {
            var user = await logins.VerifyAsync(NewSession(context.HttpContext), context.Token);
            Succeed(context, new TokenClaims("", user.Id, user.Generation, 0) { Personal = new PersonalToken(user.Id, TokenHash.Of(context.Token), clock) });
        }
        catch (CommandRefusedException refused)
        {
            context.Fail(refused);
        }
    }

    private async Task AcceptAsync(TokenValidatedContext context)
    {
        if (context.SecurityToken is JsonWebToken token && await tokens.AcceptAsync(token) is { } claims)
            context.HttpContext.Items[_claims] = claims;
        else
            context.Fail("The token was taken back, or a claim is missing.");
    }

    private static void Succeed(MessageReceivedContext context, TokenClaims claims)
    {
        context.HttpContext.Items[_claims] = claims;
        context.Principal = new ClaimsPrincipal(new ClaimsIdentity(Scheme));
        context.Success();
    }

    /// <summary>Nothing is configured behind the server's back.</summary>
    private sealed class NoConfiguration : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration { get; } = new ConfigurationBuilder().Build();
    }
}
