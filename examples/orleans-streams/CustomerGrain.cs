using Orleans.Streams;
using Orleans.Streams.Core;

namespace Iggy.Examples.OrleansStreams;

/// <summary>An order of a customer, as it lies in a message.</summary>
public sealed record Order(int Number, decimal Amount);

/// <summary>A customer, by name.</summary>
public interface ICustomerGrain : IGrainWithStringKey;

/// <summary>Adds up what its customer orders. It is there as soon as one does.</summary>
[ImplicitStreamSubscription("orders")]
public sealed class CustomerGrain : Grain, ICustomerGrain, IStreamSubscriptionObserver, IAsyncObserver<Order>
{
    private decimal _sum; // kept in a store in earnest, with the token of the last order, to go on there

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<Order>().ResumeAsync(this);

    public Task OnNextAsync(Order item, StreamSequenceToken? token = null)
    {
        _sum += item.Amount;
        Console.WriteLine($"{this.GetPrimaryKeyString()}: order {item.Number} at {token}, {_sum} in all");
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex)
    {
        Console.WriteLine($"{this.GetPrimaryKeyString()}: {ex.Message}");
        return Task.CompletedTask;
    }
}
