using Grpc.Core;
using Iggy.Scaling;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>KEDA's questions: the lag of a group.</summary>
public sealed class ScalerTests(GrpcFixture fixture)
{
    // Goal: KEDA hears what is to do, how much each consumer takes, and when it is done; capped at what the partitions can share out.
    [Fact]
    public async Task Scaler_OfAGroup_TellsItsLag()
    {
        var (stream, token) = (await fixture.NewGroupAsync(partitions: 2), await NewTokenAsync());
        var scaler = new ExternalScaler.ExternalScalerClient(fixture.Channel);
        var scaled = Scaled(stream, token, ("lagThreshold", "10"));
        Assert.False((await scaler.IsActiveAsync(scaled, cancellationToken: GrpcFixture.Cancelled)).Result);
        using var watch = scaler.StreamIsActive(scaled, cancellationToken: GrpcFixture.Cancelled);
        Assert.True(await watch.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        Assert.False(watch.ResponseStream.Current.Result);

        await fixture.SendAsync(stream, 0, 15, partition: 1);
        Assert.True(await watch.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        Assert.True(watch.ResponseStream.Current.Result);
        Assert.True((await scaler.IsActiveAsync(scaled, cancellationToken: GrpcFixture.Cancelled)).Result);
        Assert.Equal(10, Assert.Single((await scaler.GetMetricSpecAsync(scaled, cancellationToken: GrpcFixture.Cancelled)).MetricSpecs).TargetSizeFloat);
        Assert.Equal(15, await LagAsync(scaler, scaled));
        await fixture.SendAsync(stream, 15, 100, partition: 0);
        Assert.Equal(20, await LagAsync(scaler, scaled)); // two consumers are all that it can feed
        Assert.Equal(115, await LagAsync(scaler, Scaled(stream, token, ("lagThreshold", "10"), ("allowIdleConsumers", "true"))));
        Assert.False((await scaler.IsActiveAsync(Scaled(stream, token, ("activationLagThreshold", "200")), cancellationToken: GrpcFixture.Cancelled)).Result);

        using var member = await fixture.SubscribeAsync(new Start { Stream = stream, Topic = "t", Group = "g", Credit = new Credit { Messages = 1000, Bytes = 1 << 20 } });
        await member.TakeAsync(115);
        await member.AckAsync(0, 99);
        await member.AckAsync(1, 14);
        await member.NextAsync(SubscribeResponse.EventOneofCase.Acked);
        await member.NextAsync(SubscribeResponse.EventOneofCase.Acked);
        Assert.Equal(0, await LagAsync(scaler, scaled));
        Assert.True(await watch.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        Assert.False(watch.ResponseStream.Current.Result);
    }

    // Goal: nobody is told of a group without a token that may read it, and what is missing is said.
    [Fact]
    public async Task Scaler_WithoutATokenOrAGroup_IsRefused()
    {
        var (stream, token) = (await fixture.NewGroupAsync(), await NewTokenAsync());
        var scaler = new ExternalScaler.ExternalScalerClient(fixture.Channel);
        async Task<StatusCode> Ask(ScaledObjectRef scaled) => (await GrpcFixture.RefusalAsync(() => scaler.IsActiveAsync(scaled, cancellationToken: GrpcFixture.Cancelled).ResponseAsync)).Status;
        Assert.Equal(StatusCode.NotFound, await Ask(Scaled(stream, "nothing")));
        Assert.Equal(StatusCode.InvalidArgument, await Ask(new ScaledObjectRef { ScalerMetadata = { ["stream"] = stream } }));
        var other = Scaled(stream, token);
        other.ScalerMetadata["group"] = "other";
        Assert.Equal(StatusCode.NotFound, await Ask(other));
        Assert.Equal(StatusCode.InvalidArgument, await Ask(Scaled(stream, token, ("activationLagThreshold", "-1"))));
    }

    private async Task<string> NewTokenAsync() =>
        (await fixture.Admin.CreateTokenAsync(new CreateTokenRequest { Name = GrpcFixture.NewName() }, fixture.Root, cancellationToken: GrpcFixture.Cancelled)).Token;

    private static async Task<double> LagAsync(ExternalScaler.ExternalScalerClient scaler, ScaledObjectRef scaled) =>
        Assert.Single((await scaler.GetMetricsAsync(new GetMetricsRequest { ScaledObjectRef = scaled }, cancellationToken: GrpcFixture.Cancelled)).MetricValues).MetricValueFloat;

    private static ScaledObjectRef Scaled(string stream, string token, params (string Name, string Value)[] more)
    {
        var scaled = new ScaledObjectRef { Name = "consumers", ScalerMetadata = { ["stream"] = stream, ["topic"] = "t", ["group"] = "g", ["token"] = token } };
        foreach (var (name, value) in more)
            scaled.ScalerMetadata[name] = value;
        return scaled;
    }
}
