// The customer of browser_journey.py.
import { journey, step, expect } from '@elastic/synthetics';

journey('Put into cart', ({ page, params }) => {
  step('find', async () => {
    await page.goto(`${params.shop}/products/kettle`);
    await expect(page.getByRole('heading', { level: 1 })).not.toBeEmpty();
  });
  step('choose', async () => {
    await page.getByRole('button', { name: 'Add to cart' }).click();
    await expect(page.getByRole('status')).not.toBeEmpty();
  });
  step('see it in the cart', async () => {
    await page.getByRole('link', { name: 'Cart' }).click();
    await expect(page.getByTestId('price')).not.toBeEmpty();
  });
});
