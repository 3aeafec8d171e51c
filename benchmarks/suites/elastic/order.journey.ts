// The client of api_journey.py.
import { apiJourney, step, expect } from '@elastic/synthetics';

apiJourney('Order over the API', ({ request, params }) => {
  const api = `${params.shop}/api`;
  let listed: any;
  let number: string;
  step('browse', async () => {
    listed = await (await request.get(`${api}/products`)).json();
    for (const product of listed.slice(0, 4)) {
      const found = await (await request.get(`${api}/products/${product.slug}`)).json();
      expect(found.price).toBe(product.price);
    }
  });
  step('order', async () => {
    const data = { items: [{ slug: listed[0].slug, quantity: 2 }], email: '0@example.com' };
    const order = await request.post(`${api}/orders`, { data });
    expect(order.status()).toBe(201);
    number = (await order.json()).id;
    expect((await request.get(`${api}/orders/${number}`)).status()).toBe(200);
    expect((await (await request.get(`${params.shop}/healthz`)).json()).status).toBe('ok');
  });
  step('cancel', async () => {
    expect((await request.delete(`${api}/orders/${number}`)).status()).toBe(204);
    expect((await request.get(`${api}/orders/${number}`)).status()).toBe(404);
  });
});
