using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace Iggy.Grains.Metadata;

/// <summary>As <see cref="PersistentStateAttribute"/>, of a <see cref="DirectoryState{TEntry}"/> in the metadata store.</summary>
/// <param name="stateName">Of its row; pages have the same with a point and their number.</param>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class PagedStateAttribute(string stateName) : Attribute, IFacetMetadata, IPersistentStateConfiguration
{
    /// <inheritdoc/>
    public string StateName => stateName;

    /// <inheritdoc/>
    public string StorageName => MetadataStore.ProviderName;
}

/// <summary>Makes the states of a grain's constructor; they are read before its activation.</summary>
internal sealed class PagedStateMapper : IAttributeToFactoryMapper<PagedStateAttribute>
{
    private const int AfterTheRow = GrainLifecycleStage.SetupState + 1;

    /// <inheritdoc/>
    public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, PagedStateAttribute metadata)
    {
        var state = parameter.ParameterType.GenericTypeArguments[0];
        var directory = state.BaseType!; // DirectoryState<TEntry>
        var make = typeof(PagedStateMapper).GetMethod(nameof(Make), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(state, directory.GenericTypeArguments[0])
            .CreateDelegate<Func<IGrainContext, PagedStateAttribute, object>>();
        return context => make(context, metadata);
    }

    private static PagedState<TState, TEntry> Make<TState, TEntry>(IGrainContext context, PagedStateAttribute metadata) where TState : DirectoryState<TEntry>
    {
        var services = context.ActivationServices;
        var row = services.GetRequiredService<IPersistentStateFactory>().Create<TState>(context, metadata);
        var state = new PagedState<TState, TEntry>(
            row, services.GetRequiredKeyedService<IGrainStorage>(metadata.StorageName), metadata.StateName, context.GrainId);
        context.ObservableLifecycle.Subscribe(typeof(PagedState<TState, TEntry>).FullName!, AfterTheRow, _ => state.ReadPagesAsync());
        return state;
    }
}
