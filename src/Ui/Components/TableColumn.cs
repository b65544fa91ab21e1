using Microsoft.AspNetCore.Components;

namespace Iggy.Ui.Components;

/// <summary>A column of a table.</summary>
/// <typeparam name="T">A row.</typeparam>
/// <param name="Title">Its head.</param>
/// <param name="Order">What it is sorted by; null where it is not.</param>
/// <param name="Cell">What stands in it.</param>
public sealed record TableColumn<T>(string Title, Func<T, IComparable?>? Order, RenderFragment<T> Cell)
{
    /// <summary>Whether it holds numbers, which stand on the right.</summary>
    public bool IsNumber { get; init; }

    /// <summary>Whether a narrow screen goes without it.</summary>
    public bool IsWideOnly { get; init; }

    /// <summary>Sorted from the largest on at the first click.</summary>
    public bool IsDescendingFirst => IsNumber;
}
