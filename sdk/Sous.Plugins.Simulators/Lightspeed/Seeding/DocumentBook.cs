namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>All documents, by location in the order of their closing; they are added and never change. Safe to use from several threads.</summary>
internal sealed class DocumentBook
{
    private readonly Lock _gate = new();
    private readonly DocumentSeeder _seeder;
    private readonly List<DocumentDraft>[] _documents = [.. Places.All.Select(_ => new List<DocumentDraft>())];
    private int _next;

    public DocumentBook(DocumentSeeder seeder, int accounts)
    {
        _seeder = seeder;
        for (var i = 0; i < accounts; i++)
        {
            foreach (var document in seeder.Make(i))
            {
                _documents[document.At.Index].Add(document);
            }
        }

        _next = accounts;
        foreach (var documents in _documents)
        {
            documents.Sort(InOrder);
        }
    }

    /// <summary>The documents of a location that closed within [from, to), oldest first.</summary>
    public List<DocumentDraft> Between(Place at, DateTimeOffset from, DateTimeOffset to)
    {
        lock (_gate)
        {
            return _documents[at.Index].FindAll(document => document.Closed >= from && document.Closed < to);
        }
    }

    public DocumentDraft Add(DocumentKind kind, Place at, DateTimeOffset closed)
    {
        lock (_gate)
        {
            return Keep(_seeder.MakeLive(_next++, kind, at, closed));
        }
    }

    /// <exception cref="ArgumentException">There is no such sale.</exception>
    public DocumentDraft Refund(string fiscId, bool whole, DateTimeOffset at)
    {
        lock (_gate)
        {
            var original = _documents.SelectMany(documents => documents).FirstOrDefault(document => document.FiscId == fiscId && document.Type == "SALE")
                ?? throw new ArgumentException($"There is no sale {fiscId}.", nameof(fiscId));
            return Keep(_seeder.MakeRefund(_next++, original, whole, at));
        }
    }

    /// <summary>Reads or changes what the documents were seeded from, under the same lock.</summary>
    public T Guard<T>(Func<T> act)
    {
        lock (_gate)
        {
            return act();
        }
    }

    public static int InOrder(DocumentDraft a, DocumentDraft b) => a.Closed != b.Closed ? a.Closed.CompareTo(b.Closed) : string.CompareOrdinal(a.FiscId, b.FiscId);

    private DocumentDraft Keep(DocumentDraft document)
    {
        var documents = _documents[document.At.Index];
        var place = documents.BinarySearch(document, Comparer<DocumentDraft>.Create(InOrder));
        documents.Insert(place < 0 ? ~place : place, document);
        return document;
    }
}
