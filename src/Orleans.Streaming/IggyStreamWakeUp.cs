using Orleans.Providers.Streams.Common;

namespace Iggy.Orleans.Streaming;

/// <summary>For subscriptions that start in the past of a stream to which nobody sends.</summary>
public static class IggyStreamWakeUp
{
    /// <summary>Orleans looks for the subscriptions of a stream when the next event of it comes. This makes it look now: to be called after a subscription that rewinds.</summary>
    /// <param name="grains">Of a silo or a client of the cluster.</param>
    /// <param name="provider">The stream provider's name.</param>
    /// <param name="stream">The stream.</param>
    public static Task WakeIggyStreamAsync(this IGrainFactory grains, string provider, StreamId stream)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return grains.GetGrain<IManagementGrain>(0).SendControlCommandToProvider<PersistentStreamProvider>(provider, IggyQueueAdapterFactory.WakeUpCommand, stream);
    }
}
