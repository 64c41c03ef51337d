using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Benchmarks.Store;

/// <summary>Records of 1.4 kB with ids such as Square draws them: in no order.</summary>
internal sealed class Workload(int seed)
{
    public const int PageSize = 500;
    private const int BodySize = 1400;
    private const int RecordsADay = 400;
    private static readonly DateOnly FirstDay = new(2025, 1, 1);

    private readonly Random _random = new(seed);
    private readonly List<string> _ids = [];

    /// <summary>Records that were not there before.</summary>
    public RecordChange[] NewPage()
    {
        var page = new RecordChange[PageSize];
        for (var i = 0; i < page.Length; i++)
        {
            _ids.Add(Convert.ToBase64String(Bytes(20)).TrimEnd('='));
            page[i] = Make(_ids.Count - 1);
        }

        return page;
    }

    /// <summary>Records that were there before, each once, with other bodies.</summary>
    public RecordChange[] ChangedPage()
    {
        var page = new RecordChange[PageSize];
        var seen = new HashSet<int>();
        for (var i = 0; i < page.Length; i++)
        {
            int index;
            do
            {
                index = _random.Next(_ids.Count);
            }
            while (!seen.Add(index));
            page[i] = Make(index);
        }

        return page;
    }

    private RecordChange Make(int index)
    {
        var body = Encoding.ASCII.GetBytes($"{{\"ref\":{{\"service\":\"square\",\"id\":\"{_ids[index]}\"}},\"note\":\"{Convert.ToHexString(Bytes(BodySize / 2 - 40))}\"}}");
        return new RecordChange
        {
            Kind = ChangeKind.Upsert,
            Type = "sale",
            Id = _ids[index],
            Location = "L1",
            BusinessDate = FirstDay.AddDays(index / RecordsADay),
            Body = body,
            Hash = SHA256.HashData(body).AsMemory(0, RecordEncoder.HashLength),
        };
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
