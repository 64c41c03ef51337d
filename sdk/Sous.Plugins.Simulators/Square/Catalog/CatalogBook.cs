using System.Diagnostics.CodeAnalysis;
using Sous.Plugins.Simulators.Square.Rendering;

namespace Sous.Plugins.Simulators.Square.Catalog;

/// <summary>The catalogue as it stands, deleted objects included. Safe to use from several threads.</summary>
internal sealed class CatalogBook : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<CatalogEntry> _entries = [];
    private readonly Dictionary<string, CatalogEntry> _byId = [];
    private readonly RecordRenderer _renderer = new();

    public CatalogBook(IEnumerable<CatalogEntry> seeded)
    {
        foreach (var entry in seeded.SelectMany(e => e.Children.Prepend(e)))
        {
            _entries.Add(entry);
            _byId.Add(entry.Id, entry);
            entry.Json = _renderer.Render(entry, CatalogJson.Write);
        }
    }

    /// <summary>Told of each change, under the book's lock.</summary>
    public Action? Changed { get; set; }

    /// <summary>When anything last changed, in Unix milliseconds.</summary>
    public long Latest
    {
        get
        {
            lock (_gate)
            {
                return _entries.Max(e => e.Updated);
            }
        }
    }

    /// <summary>The next objects after a position, in a fixed order that changes do not disturb.</summary>
    public List<(int Ordinal, ReadOnlyMemory<byte> Json, string[] Related)> Read(int after, int count, Func<CatalogEntry, bool> accepts)
    {
        lock (_gate)
        {
            return [.. _entries.Index().Skip(after + 1).Where(e => accepts(e.Item)).Take(count).Select(e => (e.Index, e.Item.Json, e.Item.Related))];
        }
    }

    public bool TryFind(string id, bool deletedToo, out ReadOnlyMemory<byte> json, [NotNullWhen(true)] out string[]? related)
    {
        lock (_gate)
        {
            if (_byId.TryGetValue(id, out var entry) && (deletedToo || !entry.Deleted))
            {
                (json, related) = (entry.Json, entry.Related);
                return true;
            }

            (json, related) = (default, null);
            return false;
        }
    }

    public List<string> Ids(bool deleted)
    {
        lock (_gate)
        {
            return [.. _entries.Where(e => e.Deleted == deleted).Select(e => e.Id)];
        }
    }

    /// <summary>Changes one object and serves it, with what is nested in it, anew.</summary>
    public void Change(string id, long now, bool delete, Action change)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(id, out var entry) || entry.Deleted)
            {
                throw new ArgumentException($"There is no catalogue object with the id {id}.", nameof(id));
            }

            change();
            entry.Updated = Math.Max(now, entry.Updated + 1);
            foreach (var child in delete ? entry.Children : [])
            {
                (child.Deleted, child.Updated) = (true, entry.Updated);
                child.Json = _renderer.Render(child, CatalogJson.Write);
            }

            entry.Deleted = delete;
            entry.Json = _renderer.Render(entry, CatalogJson.Write);
            Changed?.Invoke();
        }
    }

    public void Dispose() => _renderer.Dispose();
}
