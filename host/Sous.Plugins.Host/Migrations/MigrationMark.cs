namespace Sous.Plugins.Host.Migrations;

/// <summary>Says of the place that it lies in that a migration is under way there: no host begins to work on it, and the same migration goes on from it.</summary>
internal sealed record MigrationMark
{
    /// <summary>The name of the source's feeds, by which it is known.</summary>
    public required string Source { get; init; }

    /// <summary>The source, for sentences.</summary>
    public required string From { get; init; }

    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>The tables that are copied.</summary>
    public IReadOnlyList<string> Done { get; init; } = [];

    /// <summary>The name that the feeds have from now on, once all is copied, compared and made ready.</summary>
    public string? Feed { get; init; }

    /// <summary>Where what stood here is put, until that is done: it had been moved to the source, and is out of date.</summary>
    public string? Aside { get; init; }

    /// <param name="where">Where it lies.</param>
    public string Explain(string where) => $"In {where} a migration from {From} is under way: run the same sous-plugins migrate again, and it goes on.";
}
