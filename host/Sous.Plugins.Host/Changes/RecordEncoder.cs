using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Changes;

/// <summary>Turns pages into what is stored: canonical JSON, its hash, and the protected Raw. Safe for any number of threads.</summary>
internal sealed class RecordEncoder(ProtectRaw protect)
{
    public const int HashLength = 16;

    private const int TypicalBody = 2048;

    // The text goes into JSON answers and a database, never into HTML: quotes and accents stay as they are.
    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public EncodedPage Encode(TenantId tenant, ConnectionId connection, SyncPage<Sale> page) =>
        Encode(tenant, connection, page, CanonicalJson.Default.Sale, Describe);

    public EncodedPage Encode(TenantId tenant, ConnectionId connection, SyncPage<CatalogEntry> page) =>
        Encode(tenant, connection, page, CanonicalJson.Default.CatalogEntry, Describe);

    public EncodedPage Encode(TenantId tenant, ConnectionId connection, SyncPage<StorageFile> page) =>
        Encode(tenant, connection, page, CanonicalJson.Default.StorageFile, static (id, _) => new RecordChange { Kind = ChangeKind.Upsert, Type = "file", Id = id });

    private EncodedPage Encode<T>(TenantId tenant, ConnectionId connection, SyncPage<T> page, JsonTypeInfo<T> json, Func<string, T, RecordChange> describe)
        where T : class
    {
        var buffer = new PageBuffer(Math.Max(page.Changes.Count, 1) * TypicalBody);
        using var writer = new Utf8JsonWriter(buffer, Written);
        var changes = new RecordChange[page.Changes.Count];
        var starts = new int[changes.Length];
        for (var i = 0; i < changes.Length; i++)
        {
            var (kind, id, record) = page.Changes[i];
            starts[i] = buffer.Length;
            if (kind == ChangeKind.Delete || record is null)
            {
                changes[i] = new RecordChange { Kind = ChangeKind.Delete, Type = "", Id = id };
                continue;
            }

            writer.Reset(buffer);
            JsonSerializer.Serialize(writer, record, json);
            writer.Flush();
            AppendHash(buffer, starts[i]);
            var raw = page.Changes[i].Raw;
            changes[i] = describe(id, record) with { Raw = raw.IsEmpty ? default : protect(tenant, connection, id, raw.Span) };
        }

        Slice(changes, starts, buffer);
        return new EncodedPage(changes, buffer);
    }

    private static void AppendHash(PageBuffer buffer, int start)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.Slice(start, buffer.Length - start).Span, hash);
        hash[..HashLength].CopyTo(buffer.GetSpan(HashLength));
        buffer.Advance(HashLength);
    }

    // Only when the page is whole does the buffer stay where it is.
    private static void Slice(RecordChange[] changes, int[] starts, PageBuffer buffer)
    {
        var end = buffer.Length;
        for (var i = changes.Length - 1; i >= 0; end = starts[i--])
        {
            if (changes[i].Kind == ChangeKind.Upsert)
            {
                changes[i] = changes[i] with
                {
                    Body = buffer.Slice(starts[i], end - HashLength - starts[i]),
                    Hash = buffer.Slice(end - HashLength, HashLength),
                };
            }
        }
    }

    private static RecordChange Describe(string id, Sale sale) => new()
    {
        Kind = ChangeKind.Upsert,
        Type = "sale",
        Id = id,
        Location = sale.LocationId,
        BusinessDate = sale.BusinessDate,
        OtherDates = OtherDates(sale),
    };

    private static RecordChange Describe(string id, CatalogEntry entry) => new()
    {
        Kind = ChangeKind.Upsert,
        Type = entry switch
        {
            CatalogItem => "item",
            Category => "category",
            ModifierGroup => "modifier_group",
            _ => throw new NotSupportedException($"A catalogue entry of type {entry.GetType().Name} has no canonical form."),
        },
        Id = id,
    };

    private static List<DateOnly>? OtherDates(Sale sale)
    {
        List<DateOnly>? dates = null;
        foreach (var payment in sale.Payments)
        {
            Add(ref dates, payment.BusinessDate, sale.BusinessDate);
        }

        foreach (var refund in sale.Refunds)
        {
            Add(ref dates, refund.BusinessDate, sale.BusinessDate);
        }

        return dates;
    }

    private static void Add(ref List<DateOnly>? dates, DateOnly date, DateOnly own)
    {
        if (date != own && dates?.Contains(date) != true)
        {
            (dates ??= []).Add(date);
        }
    }
}
