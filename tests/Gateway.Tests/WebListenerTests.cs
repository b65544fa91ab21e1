using System.Net;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tests;

public sealed class WebListenerTests
{
    // Goal: the system gives a peer up that is gone without a word. Method: what the accepted socket says of itself, the end of the road from the setting.
    [Fact]
    public async Task PeerTimeout_IsTheAcceptedSocketsOwn()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has the option.");
        var settings = new WebListenerSettings
        {
            AddressKey = "Test", Address = new IPEndPoint(IPAddress.Loopback, 0), Addresses = new AddressGuard(Options.Create(new FrameLimits()), NullLogger<AddressGuard>.Instance),
            MaxConnections = 10, MaxRequestBytes = 1024, PeerTimeout = TimeSpan.FromSeconds(7),
        };
        await using var listener = await WebListener.StartAsync(settings, NullLoggerFactory.Instance, static _ => { }, static (application, _) => application.Run(static context =>
        {
            var value = new byte[4];
            context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.GetRawSocketOption(6, 18, value);
            return context.Response.WriteAsync($"{BitConverter.ToInt32(value)}");
        }), TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        Assert.Equal("7000", await client.GetStringAsync(new Uri($"http://{listener.EndPoint}/"), TestContext.Current.CancellationToken));
    }
}
