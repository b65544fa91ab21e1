using System.Net;
using System.Net.Sockets;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Listeners;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

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
            AddressKey = "Test", Address = new IPEndPoint(IPAddress.Loopback, 0), Door = Doors.Open(new FrameLimits(), new DescriptorBudget(100), 10),
            MaxRequestBytes = 1024, PeerTimeout = TimeSpan.FromSeconds(9), UnansweredTimeout = TimeSpan.FromSeconds(7),
        };
        await using var listener = WebListener.Create(settings, NullLoggerFactory.Instance, static _ => { }, static (application, _) => application.Run(static context =>
        {
            var socket = context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
            var value = new byte[4];
            socket.GetRawSocketOption(6, 18, value);
            return context.Response.WriteAsync(
                $"{BitConverter.ToInt32(value)} {socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)} {socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)}");
        }));
        await listener.OpenAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        Assert.Equal("7000 1 3", await client.GetStringAsync(new Uri($"http://{listener.EndPoint}/"), TestContext.Current.CancellationToken));
    }
}
