using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Changes;

/// <summary>Turns pages into what is stored: canonical JSON, its hash, and the protected Raw. Safe for any number of threads.</summary>
internal sealed class RecordEncoder(RawProtector raws)
{
    public const int HashLength = 16;

    private const int TypicalRecord = 4096;

    // The text goes into JSON answers and a database, never into HTML: quotes and accents stay as they are.
    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public async ValueTask<EncodedPage> EncodeAsync(TenantId tenant, ConnectionId connection, SyncPage<Sale> page, CancellationToken cancellationToken) =>
        Encode(page, await raws.ForWritingAsync(tenant, connection, cancellationToken));

    public async ValueTask<EncodedPage> EncodeAsync(TenantId tenant, ConnectionId connection, SyncPage<CatalogEntry> page, CancellationToken cancellationToken) =>
        Encode(page, await raws.ForWritingAsync(tenant, connection, cancellationToken));

    public async ValueTask<EncodedPage> EncodeAsync(TenantId tenant, ConnectionId connection, SyncPage<StorageFile> page, CancellationToken cancellationToken) =>
        Encode(page, await raws.ForWritingAsync(tenant, connection, cancellationToken));

    public static EncodedPage Encode(SyncPage<Sale> page, RawCipher cipher) => Encode(page, cipher, StreamName.Sales, CanonicalJson.Default.Sale, Describe);

    public static EncodedPage Encode(SyncPage<CatalogEntry> page, RawCipher cipher) =>
        Encode(page, cipher, StreamName.Catalog, CanonicalJson.Default.CatalogEntry, Describe);

    public static EncodedPage Encode(SyncPage<StorageFile> page, RawCipher cipher) => Encode(
        page, cipher, StreamName.Files, CanonicalJson.Default.StorageFile, static (id, _) => new RecordChange { Kind = ChangeKind.Upsert, Type = "file", Id = id });

    private static EncodedPage Encode<T>(SyncPage<T> page, RawCipher cipher, StreamName stream, JsonTypeInfo<T> json, Func<string, T, RecordChange> describe)
        where T : class
    {
        var buffer = new PageBuffer(Math.Max(page.Changes.Count, 1) * TypicalRecord);
        using var writer = new Utf8JsonWriter(buffer, Written);
        var changes = new RecordChange[page.Changes.Count];
        var parts = new Parts[changes.Length];
        for (var i = 0; i < changes.Length; i++)
        {
            var (kind, id, record) = page.Changes[i];
            if (kind == ChangeKind.Delete || record is null)
            {
                changes[i] = new RecordChange { Kind = ChangeKind.Delete, Type = "", Id = id };
                continue;
            }

            var start = buffer.Length;
            writer.Reset(buffer);
            JsonSerializer.Serialize(writer, record, json);
            writer.Flush();
            var end = buffer.Length;
            AppendHash(buffer, start);
            if (page.Changes[i].Raw is { IsEmpty: false } raw)
            {
                RawRecord.Write(buffer, raw.Span, cipher, stream, id);
            }

            changes[i] = describe(id, record);
            parts[i] = new Parts(start, end, buffer.Length);
        }

        Slice(changes, parts, buffer);
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
    private static void Slice(RecordChange[] changes, Parts[] parts, PageBuffer buffer)
    {
        for (var i = 0; i < changes.Length; i++)
        {
            if (changes[i].Kind == ChangeKind.Upsert)
            {
                var (start, end, next) = parts[i];
                changes[i] = changes[i] with
                {
                    Body = buffer.Slice(start, end - start),
                    Hash = buffer.Slice(end, HashLength),
                    Raw = buffer.Slice(end + HashLength, next - end - HashLength),
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

    /// <summary>Where a record's body begins and ends in the buffer, and where its hash and Raw end.</summary>
    private readonly record struct Parts(int Start, int End, int Next);
}
